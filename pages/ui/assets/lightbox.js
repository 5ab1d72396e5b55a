// The dialog of an enlarged picture. It follows gallery.js in one script.

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
