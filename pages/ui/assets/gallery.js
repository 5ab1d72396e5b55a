// Enlarges the pictures of all galleries in a dialog, moves the focus within a gallery by the arrow keys, and tells the
// page, by an event, which picture was picked. One set of listeners on the document serves every page, and finds a
// gallery and its pictures by their places, for each rerun may replace the elements.

const GALLERIES = ".atelier-gallery, .atelier-writing"
const ENLARGE = ".atelier-enlarge", PICK = ".atelier-pick"

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
