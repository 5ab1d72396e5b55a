// A before-and-after slider: two images of one size under a movable line, with zoom and pan at full resolution.
// The data are one message (pages/ui/component_message.py): a header, then the two image files.

const ZOOM_STEP = 1.25
const MAX_ZOOM = 16 // screen pixels per image pixel
const views = new WeakMap()

export default function ({ data, parentElement }) {
  if (!views.has(parentElement)) views.set(parentElement, open(parentElement))
  const view = views.get(parentElement)
  view.show(unpacked(data))
  return () => {
    view.close()
    views.delete(parentElement)
  }
}

function unpacked(data) {
  const start = 4 + new DataView(data.buffer, data.byteOffset).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, start)))
  const middle = start + header.before.length
  header.before.bytes = data.subarray(start, middle)
  header.after.bytes = data.subarray(middle)
  return header
}

function open(root) {
  const find = name => root.querySelector("." + name)
  const stage = find("stage"), handle = find("handle"), line = find("line"), before = find("layer.before")
  const images = { before: root.querySelector(".before img"), after: root.querySelector(".after img") }
  const pointers = new Map()
  let shown = null, urls = {}
  let width = 1, height = 1 // of the pictures, in their pixels
  let linePosition = 0.5 // as a share of the stage's width
  let zoom = 1, left = 0, top = 0, fitted = true // CSS pixels per image pixel; position of the image's corner
  let dragging = null, pinch = null

  // Layout -------------------------------------------------------------------------------------------------------

  const ratio = () => window.devicePixelRatio || 1
  const fit = () => Math.min(stage.clientWidth / width, stage.clientHeight / height)

  function layOut() {
    const across = stage.clientWidth
    if (!across) return
    const tallest = Math.max(240, Math.min(0.72 * window.innerHeight, 900))
    const borders = 2 * stage.clientTop
    stage.style.height = Math.round(Math.min((across * height) / width, tallest)) + borders + "px"
    if (fitted) zoom = fit()
    draw()
  }

  function draw() {
    const room = [stage.clientWidth - width * zoom, stage.clientHeight - height * zoom]
    left = room[0] >= 0 ? room[0] / 2 : Math.min(0, Math.max(room[0], left))
    top = room[1] >= 0 ? room[1] / 2 : Math.min(0, Math.max(room[1], top))
    for (const image of Object.values(images)) {
      image.style.width = width * zoom + "px"
      image.style.height = height * zoom + "px"
      image.style.transform = `translate(${left}px, ${top}px)`
    }
    stage.classList.toggle("near", zoom > fit() * 1.001)
    stage.classList.toggle("coarse", zoom * ratio() >= 3)
    find("zoom").value = Math.round(zoom * ratio() * 100) + " %"
    drawLine()
  }

  function drawLine() {
    const percent = Math.round(linePosition * 100)
    line.style.left = handle.style.left = linePosition * 100 + "%"
    before.style.clipPath = `inset(0 ${100 - linePosition * 100}% 0 0)`
    handle.setAttribute("aria-valuenow", percent)
    if (shown) {
      const words = `${percent} % ${shown.before.title}, ${100 - percent} % ${shown.after.title}`
      handle.setAttribute("aria-valuetext", words)
    }
    find("tag.left").style.visibility = linePosition < 0.08 ? "hidden" : "visible"
    find("tag.right").style.visibility = linePosition > 0.92 ? "hidden" : "visible"
  }

  function zoomTo(value, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const smallest = Math.min(fit(), 1 / ratio())
    const next = Math.min(Math.max(value, smallest), Math.max(MAX_ZOOM / ratio(), fit()))
    left = x - ((x - left) * next) / zoom
    top = y - ((y - top) * next) / zoom
    zoom = next
    fitted = Math.abs(zoom / fit() - 1) < 0.001
    draw()
  }

  function moveLine(to) {
    linePosition = Math.min(1, Math.max(0, to))
    drawLine()
  }

  const within = event => {
    const box = stage.getBoundingClientRect()
    return [event.clientX - box.left - stage.clientLeft, event.clientY - box.top - stage.clientTop]
  }

  // Mouse and touch ----------------------------------------------------------------------------------------------

  const spread = () => {
    const [[x, y], [u, v]] = [...pointers.values()]
    return { middle: [(x + u) / 2, (y + v) / 2], length: Math.hypot(x - u, y - v) || 1 }
  }

  stage.onpointerdown = event => {
    if (event.pointerType === "mouse" && event.button !== 0) return
    pointers.set(event.pointerId, within(event))
    stage.setPointerCapture(event.pointerId)
    if (pointers.size === 2) {
      pinch = { ...spread(), zoom }
      dragging = null
      return
    }
    const onHandle = handle.contains(event.target)
    dragging = onHandle || !stage.classList.contains("near") ? "line" : "picture"
    if (dragging === "line") {
      if (event.pointerType === "mouse" || onHandle) {
        event.preventDefault()
        handle.focus({ preventScroll: true })
      }
      moveLine(within(event)[0] / stage.clientWidth)
    }
  }

  stage.onpointermove = event => {
    if (!pointers.has(event.pointerId)) return
    const [x, y] = within(event), [u, v] = pointers.get(event.pointerId)
    pointers.set(event.pointerId, [x, y])
    if (pinch && pointers.size === 2) {
      const now = spread()
      left += now.middle[0] - pinch.middle[0]
      top += now.middle[1] - pinch.middle[1]
      pinch.middle = now.middle
      zoomTo((pinch.zoom * now.length) / pinch.length, ...now.middle)
    } else if (dragging === "line") {
      moveLine(x / stage.clientWidth)
    } else if (dragging === "picture") {
      left += x - u
      top += y - v
      draw()
    }
  }

  stage.onpointerup = stage.onpointercancel = event => {
    pointers.delete(event.pointerId)
    if (pointers.size < 2) pinch = null
    if (!pointers.size) dragging = null
  }

  stage.ondblclick = event => {
    if (handle.contains(event.target)) return
    fitted ? zoomTo(Math.max(1 / ratio(), 2 * fit()), ...within(event)) : zoomTo(fit())
  }

  const wheel = event => {
    if (!event.ctrlKey && !event.metaKey) return // the page scrolls on
    event.preventDefault()
    zoomTo(zoom * Math.exp(-event.deltaY / 300), ...within(event))
  }
  stage.addEventListener("wheel", wheel, { passive: false })

  // Keyboard -----------------------------------------------------------------------------------------------------

  handle.onkeydown = event => {
    const step = event.shiftKey ? 0.1 : 0.01
    const moves = {
      ArrowLeft: linePosition - step, ArrowDown: linePosition - step,
      ArrowRight: linePosition + step, ArrowUp: linePosition + step,
      PageDown: linePosition - 0.1, PageUp: linePosition + 0.1, Home: 0, End: 1,
    }
    if (!(event.key in moves)) return
    event.preventDefault()
    event.stopPropagation()
    moveLine(moves[event.key])
  }

  stage.onkeydown = event => {
    const moves = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }
    const zooms = { "+": zoom * ZOOM_STEP, "=": zoom * ZOOM_STEP, "-": zoom / ZOOM_STEP, 0: fit(), 1: 1 / ratio() }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key in zooms) zoomTo(zooms[event.key])
    else if (event.key in moves && stage.classList.contains("near")) {
      left += moves[event.key][0]
      top += moves[event.key][1]
      draw()
    } else return
    event.preventDefault()
  }

  find("fit").onclick = () => zoomTo(fit())
  find("full").onclick = () => zoomTo(1 / ratio())
  find("in").onclick = () => zoomTo(zoom * ZOOM_STEP)
  find("out").onclick = () => zoomTo(zoom / ZOOM_STEP)

  const watcher = new ResizeObserver(layOut)
  watcher.observe(stage)

  return {
    show(given) {
      if (shown && shown.id === given.id) return
      const same = shown && width === given.width && height === given.height // then eyes stay where they were
      shown = given
      width = given.width
      height = given.height
      for (const side of ["before", "after"]) {
        const old = urls[side]
        urls[side] = URL.createObjectURL(new Blob([given[side].bytes], { type: given[side].type }))
        images[side].src = urls[side]
        images[side].alt = given[side].alt
        if (old) URL.revokeObjectURL(old)
        delete given[side].bytes
      }
      find("tag.left").textContent = given.before.title
      find("tag.right").textContent = given.after.title
      stage.setAttribute("aria-label", given.about)
      handle.setAttribute("aria-label", `Line between ${given.before.title} and ${given.after.title}`)
      if (!same) fitted = true
      layOut()
    },
    close() {
      watcher.disconnect()
      stage.removeEventListener("wheel", wheel)
      Object.values(urls).forEach(url => URL.revokeObjectURL(url))
    },
  }
}
