// Enlarges the pictures of all galleries in a dialog, moves the focus within a gallery by the arrow keys, and tells the
// page, by an event, which picture was picked. One set of listeners on the document serves every page, and finds a
// gallery and its pictures by their places, for each rerun may replace the elements.

const GALLERIES = ".atelier-gallery, .atelier-writing"
const ENLARGE = ".atelier-enlarge", PICK = ".atelier-pick"
const SWIPE_PX = 40
const DIALOG_HTML = `
  <figure>
    <div class="atelier-stage"><img alt=""></div>
    <figcaption aria-live="polite"><p class="atelier-about"></p><p class="atelier-details"></p></figcaption>
  </figure>
  <div class="atelier-tools">
    <button type="button" data-do="previous" aria-label="Previous picture">‹</button>
    <span class="atelier-place"></span>
    <button type="button" data-do="next" aria-label="Next picture">›</button>
    <button type="button" data-do="pick" aria-pressed="false">Pick for the walk</button>
    <button type="button" data-do="smooth" aria-pressed="false" title="Blend the pixels into each other">Smooth</button>
    <button type="button" data-do="download">Download</button>
    <button type="button" data-do="close" aria-label="Close" title="Close (Esc)">×</button>
  </div>`

export default function ({ parentElement }) {
  if (parentElement.stop) return parentElement.stop
  const lightbox = new Lightbox(), focus = new FocusKeeper(() => lightbox.refresh())
  const onClick = event => {
    const enlarge = event.target.closest?.(ENLARGE), pick = event.target.closest?.(PICK)
    if (enlarge) lightbox.open(enlarge)
    else if (pick) announcePick(pick)
  }
  const onKeyDown = event => {
    if (event.target.closest?.(GALLERIES)) moveFocus(event)
  }
  const onPopState = () => lightbox.close()
  document.addEventListener("click", onClick)
  document.addEventListener("keydown", onKeyDown)
  window.addEventListener("popstate", onPopState)
  parentElement.stop = () => {
    document.removeEventListener("click", onClick)
    document.removeEventListener("keydown", onKeyDown)
    window.removeEventListener("popstate", onPopState)
    lightbox.remove()
    focus.stop()
    delete parentElement.stop
  }
  return parentElement.stop
}

const galleries = () => [...document.querySelectorAll(GALLERIES)]
const picturesOf = gallery => [...(gallery?.querySelectorAll(ENLARGE) ?? [])]
const pickOf = button => button?.closest("figure")?.querySelector(PICK)

function announcePick(pick) {
  pick.setAttribute("aria-pressed", pick.getAttribute("aria-pressed") !== "true") // the rerun confirms it
  document.dispatchEvent(new CustomEvent("atelier-pick", { detail: Number(pick.dataset.number) }))
}

// Arrow keys ----------------------------------------------------------------------------------------------------------

function moveFocus(event) {
  const pictures = picturesOf(event.target.closest(GALLERIES))
  const card = event.target.closest("figure") ?? event.target
  const index = pictures.findIndex(button => card.contains(button))
  const goal = pictures[index + steps(event.key, pictures, index)]
  if (index < 0 || !goal || event.ctrlKey || event.altKey || event.metaKey) return
  if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return
  event.preventDefault()
  makeTabStop(goal)
  ;(event.target.matches(PICK) ? pickOf(goal) : goal).focus()
}

function steps(key, pictures, index) {
  switch (key) {
    case "ArrowLeft": return -1
    case "ArrowRight": return 1
    case "ArrowUp": return -columnsOf(pictures, index)
    case "ArrowDown": return columnsOf(pictures, index)
    case "Home": return -index
    case "End": return pictures.length - 1 - index
    default: return 0
  }
}

// The number of pictures in a row: those whose tops are as high as that of the last row, which no large picture is in.
function columnsOf(pictures) {
  const tops = pictures.map(button => Math.round(button.getBoundingClientRect().top))
  return Math.max(...tops.map(top => tops.filter(other => other === top).length))
}

// One picture of a gallery, and its pick, can be reached by the tab key; the arrow keys lead to the others.
function makeTabStop(button) {
  for (const other of picturesOf(button.closest(GALLERIES))) {
    for (const element of [other, pickOf(other)]) element?.setAttribute("tabindex", other === button ? 0 : -1)
  }
}

// Focus across reruns -------------------------------------------------------------------------------------------------

// A rerun that replaces a gallery takes the focus from the button in it: the button in its place gets it back.
class FocusKeeper {
  constructor(onChange) {
    this.place = null
    this.onFocus = event => {
      const gallery = event.target.closest?.(GALLERIES)
      this.place = gallery ? this.placeOf(event.target, gallery) : null
    }
    this.observer = new MutationObserver(() => {
      onChange()
      if (this.place && document.activeElement === document.body) this.restore()
    })
    document.addEventListener("focusin", this.onFocus)
    this.observer.observe(document.querySelector(".stApp") ?? document.body, { childList: true, subtree: true })
  }

  placeOf(element, gallery) {
    const kind = element.matches(PICK) ? PICK : ENLARGE
    return { gallery: galleries().indexOf(gallery), kind, index: [...gallery.querySelectorAll(kind)].indexOf(element) }
  }

  restore() {
    const { gallery, kind, index } = this.place
    const button = galleries()[gallery]?.querySelectorAll(kind)[index]
    if (!button) return
    makeTabStop(button.closest("figure")?.querySelector(ENLARGE) ?? button)
    button.focus({ preventScroll: true })
  }

  stop() {
    this.observer.disconnect()
    document.removeEventListener("focusin", this.onFocus)
  }
}

// The dialog ----------------------------------------------------------------------------------------------------------

class Lightbox {
  constructor() {
    this.gallery = this.index = -1
    this.dialog = document.createElement("dialog")
    this.dialog.className = "atelier-lightbox"
    this.dialog.setAttribute("aria-label", "Enlarged picture")
    this.dialog.innerHTML = DIALOG_HTML
    document.body.append(this.dialog)
    this.image = this.find("img")
    this.image.onload = () => this.fit()
    this.dialog.onclick = event => this.onClick(event)
    this.dialog.onkeydown = event => this.onKeyDown(event)
    this.dialog.onclose = () => this.returnFocus()
    this.dialog.ontouchstart = event => (this.touchX = event.changedTouches[0].clientX)
    this.dialog.ontouchend = event => this.onSwipe(event.changedTouches[0].clientX - this.touchX)
    this.onResize = () => this.fit()
    window.addEventListener("resize", this.onResize)
  }

  find(selector) {
    return this.dialog.querySelector(selector)
  }

  tool(name) {
    return this.find(`[data-do=${name}]`)
  }

  get buttons() {
    return picturesOf(galleries()[this.gallery])
  }

  get button() {
    return this.buttons[this.index]
  }

  open(button) {
    const gallery = button.closest(GALLERIES), app = getComputedStyle(document.querySelector(".stApp"))
    this.gallery = galleries().indexOf(gallery)
    this.index = picturesOf(gallery).indexOf(button)
    for (const name of ["color", "backgroundColor", "fontFamily", "colorScheme"]) this.dialog.style[name] = app[name]
    this.setSmooth(gallery.classList.contains("photo"))
    this.show()
    this.dialog.showModal()
    this.fit()
    this.tool("close").focus()
  }

  close() {
    if (this.dialog.open) this.dialog.close()
  }

  remove() {
    window.removeEventListener("resize", this.onResize)
    this.dialog.remove()
  }

  // Shows the picture at the current place, and what can be done with it.
  show() {
    const picture = this.button.querySelector("img"), count = this.buttons.length, { details } = this.button.dataset
    this.image.src = picture.src
    this.image.alt = picture.alt
    this.find(".atelier-about").textContent = picture.alt
    this.find(".atelier-details").textContent = details ?? ""
    this.find(".atelier-place").textContent = count > 1 ? `${this.index + 1} of ${count}` : ""
    for (const name of ["previous", "next"]) this.tool(name).hidden = count < 2
    this.tool("previous").setAttribute("aria-disabled", this.index === 0)
    this.tool("next").setAttribute("aria-disabled", this.index === count - 1)
    this.tool("download").hidden = !this.button.dataset.metadata
    this.showPick()
  }

  showPick() {
    const pick = pickOf(this.button)
    this.tool("pick").hidden = !pick
    this.tool("pick").setAttribute("aria-pressed", pick?.getAttribute("aria-pressed") === "true")
  }

  // After a rerun of the page: the same place may show another picture, or none.
  refresh() {
    if (!this.dialog.open) return
    const picture = this.button?.querySelector("img")
    if (!picture) this.close()
    else if (picture.src !== this.image.src) this.show()
    else this.showPick()
  }

  move(by) {
    if (!this.buttons[this.index + by]) return
    this.index += by
    this.show()
  }

  // As large as fits. Where pixels are to be seen, each is a square of a whole number of the screen's pixels.
  fit() {
    const { naturalWidth: width, naturalHeight: height } = this.image, stage = this.find(".atelier-stage")
    if (!this.dialog.open || !width) return
    const ratio = Math.min(stage.clientWidth / width, stage.clientHeight / height), dots = window.devicePixelRatio
    const whole = Math.floor(ratio * dots) / dots
    this.image.style.width = `${width * (this.smooth || whole < 1 ? ratio : whole)}px`
  }

  setSmooth(smooth) {
    this.smooth = smooth
    this.image.style.imageRendering = smooth ? "auto" : "pixelated"
    this.tool("smooth").setAttribute("aria-pressed", smooth)
    this.fit()
  }

  onClick(event) {
    if (event.target === this.dialog || event.target.matches(".atelier-stage")) this.close() // outside of the picture
    switch (event.target.closest("[data-do]")?.dataset.do) {
      case "previous": return this.move(-1)
      case "next": return this.move(1)
      case "smooth": return this.setSmooth(!this.smooth)
      case "download": return download(this.button)
      case "close": return this.close()
      case "pick": announcePick(pickOf(this.button)); return this.showPick()
    }
  }

  onKeyDown(event) {
    if (event.key === "ArrowLeft") this.move(-1)
    else if (event.key === "ArrowRight") this.move(1)
    else if (event.key === "Home") this.move(-this.index)
    else if (event.key === "End") this.move(this.buttons.length - 1 - this.index)
    else return
    event.preventDefault()
  }

  onSwipe(distance) {
    if (Math.abs(distance) > SWIPE_PX) this.move(distance < 0 ? 1 : -1)
  }

  returnFocus() {
    if (!this.button) return
    makeTabStop(this.button)
    this.button.focus()
  }
}

// The file ------------------------------------------------------------------------------------------------------------

// The PNG with its settings as text chunks, as the popover Download gives it.
async function download(button) {
  const source = button.querySelector("img").src
  const png = new Uint8Array(await (await fetch(source)).arrayBuffer())
  const chunks = Object.entries(JSON.parse(button.dataset.metadata)).map(([key, text]) => textChunk(key, text))
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([png.slice(0, HEADER_BYTES), ...chunks, png.slice(HEADER_BYTES)]))
  link.download = `${button.dataset.stem}.png`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

const HEADER_BYTES = 33 // the signature and the chunk IHDR (PNG specification, sections 5.2 and 11.2.1)

// An iTXt chunk (section 11.3.3.4): keyword, no compression, no language, no translated keyword, text in UTF-8.
function textChunk(keyword, text) {
  const body = new TextEncoder().encode(`iTXt${keyword}\0\0\0\0\0${text}`)
  const chunk = new DataView(new ArrayBuffer(body.length + 8))
  chunk.setUint32(0, body.length - 4)
  new Uint8Array(chunk.buffer).set(body, 4)
  chunk.setUint32(body.length + 4, crc32(body))
  return chunk.buffer
}

function crc32(bytes) {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
