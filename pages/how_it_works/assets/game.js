// The plane of the toy game: the discriminator's field, real and generated points, the gradients of the generated ones.
// The data are one message (pages/ui/component_message.py): a header, int16 pairs of the real points, of the generated
// points and of the arrows, then the field as bytes, bottom row first.

const INT16_SCALE = 32767 / 2 // per unit of the plane; as in plane.py
const MIN_DISTANCE = 0.045 // between two points of a drawing
const MAX_POINTS = 400 // of a drawing; as in gan_core/toy.py
const views = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  if (!views.has(parentElement)) views.set(parentElement, open(parentElement))
  const view = views.get(parentElement)
  view.show(unpacked(data), setTriggerValue)
  return () => {
    view.close()
    views.delete(parentElement)
  }
}

function unpacked(data) {
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)))
  const body = data.slice(4 + length) // a copy, so that int16 values are aligned
  let start = 0
  for (const [name, count] of [["real", header.points], ["fake", header.points], ["arrows", header.points]]) {
    header[name] = Float32Array.from(new Int16Array(body.buffer, start, 2 * count), value => value / INT16_SCALE)
    start += 4 * count
  }
  header.field = body.subarray(start)
  return header
}

function open(root) {
  const host = root.host ?? root
  const canvas = root.querySelector("canvas"), done = root.querySelector(".done"), wipe = root.querySelector(".wipe")
  const pen = canvas.getContext("2d")
  let shown = null, send = () => {}, drawing = [], down = false

  const colour = name => getComputedStyle(canvas).getPropertyValue(name).trim()
  const across = x => ((x + shown.edge) / (2 * shown.edge)) * canvas.width
  const above = y => ((shown.edge - y) / (2 * shown.edge)) * canvas.height

  function fit() {
    const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1))
    if (side && canvas.width !== side) canvas.width = canvas.height = side
    draw()
  }

  function draw() {
    if (!shown || !canvas.width) return
    const shade = brightness(getComputedStyle(canvas).backgroundColor)
    host.toggleAttribute("data-dark", shade < 128)
    const unit = canvas.width / canvas.clientWidth
    pen.clearRect(0, 0, canvas.width, canvas.height)
    if (shown.drawing) return drawDrawing(unit)
    paintField()
    pen.fillStyle = colour("--real")
    for (let i = 0; i < shown.real.length; i += 2) {
      pen.beginPath()
      pen.arc(across(shown.real[i]), above(shown.real[i + 1]), 2.6 * unit, 0, 7)
      pen.fill()
    }
    pen.strokeStyle = getComputedStyle(canvas).color
    pen.lineWidth = unit
    pen.globalAlpha = 0.55
    for (let i = 0; i < shown.fake.length; i += 8) arrow(shown.fake[i], shown.fake[i + 1], shown.arrows[i], shown.arrows[i + 1], unit)
    pen.globalAlpha = 1
    pen.strokeStyle = colour("--fake")
    pen.lineWidth = 1.8 * unit
    pen.beginPath()
    for (let i = 0; i < shown.fake.length; i += 2) {
      const x = across(shown.fake[i]), y = above(shown.fake[i + 1]), half = 2.8 * unit
      pen.moveTo(x - half, y - half)
      pen.lineTo(x + half, y + half)
      pen.moveTo(x + half, y - half)
      pen.lineTo(x - half, y + half)
    }
    pen.stroke()
  }

  function arrow(x, y, dx, dy, unit) {
    const length = Math.hypot(dx, dy)
    if (!length) return
    const drawn = (Math.min(length, 1) ** 0.5) * 0.22 // square root: short arrows stay visible, long ones bounded
    const [u, v] = [across(x), above(y)], [s, t] = [across(x + (dx / length) * drawn), above(y + (dy / length) * drawn)]
    const angle = Math.atan2(t - v, s - u), head = Math.min(4 * unit, Math.hypot(s - u, t - v) / 2)
    pen.beginPath()
    pen.moveTo(u, v)
    pen.lineTo(s, t)
    for (const turn of [2.6, -2.6]) {
      pen.moveTo(s, t)
      pen.lineTo(s + head * Math.cos(angle + turn), t + head * Math.sin(angle + turn))
    }
    pen.stroke()
  }

  function paintField() {
    const side = shown.side, small = new OffscreenCanvas(side, side), brush = small.getContext("2d")
    const real = rgb(colour("--real")), fake = rgb(colour("--fake")), pixels = brush.createImageData(side, side)
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        const value = shown.field[row * side + column] / 255, ink = value > 0.5 ? real : fake
        pixels.data.set([...ink, Math.abs(value - 0.5) * 2 * 115], 4 * ((side - 1 - row) * side + column))
      }
    brush.putImageData(pixels, 0, 0)
    pen.imageSmoothingEnabled = true
    const half = canvas.width / (side - 1) / 2 // the field's outermost samples lie on the edge of the plane
    pen.drawImage(small, -half, -half, canvas.width + 2 * half, canvas.height + 2 * half)
  }

  // A target drawn by hand --------------------------------------------------------------------------------------

  function drawDrawing(unit) {
    pen.fillStyle = colour("--real")
    for (const [x, y] of drawing) {
      pen.beginPath()
      pen.arc(across(x), above(y), 4 * unit, 0, 7)
      pen.fill()
    }
    if (!drawing.length) {
      pen.fillStyle = getComputedStyle(canvas).color
      pen.font = `${16 * unit}px ${getComputedStyle(canvas).fontFamily}`
      pen.textAlign = "center"
      pen.fillText("Draw here what the generator shall learn", canvas.width / 2, canvas.height / 2)
    }
    done.disabled = wipe.disabled = !drawing.length
  }

  function addPoint(event) {
    const box = canvas.getBoundingClientRect(), edge = shown.edge
    const x = ((event.clientX - box.left) / box.width) * 2 * edge - edge
    const y = edge - ((event.clientY - box.top) / box.height) * 2 * edge
    if (Math.abs(x) > edge * 0.96 || Math.abs(y) > edge * 0.96 || drawing.length >= MAX_POINTS) return
    if (drawing.some(([u, v]) => Math.hypot(u - x, v - y) < MIN_DISTANCE)) return
    drawing.push([Math.round(x * 1000) / 1000, Math.round(y * 1000) / 1000])
    draw()
  }

  canvas.onpointerdown = event => {
    if (!shown?.drawing) return
    down = true
    canvas.setPointerCapture(event.pointerId)
    addPoint(event)
  }
  canvas.onpointermove = event => {
    if (!down || !shown?.drawing) return
    for (const coalesced of event.getCoalescedEvents?.() ?? [event]) addPoint(coalesced)
    addPoint(event)
  }
  canvas.onpointerup = canvas.onpointercancel = () => { down = false }
  done.onclick = () => send("drawing", drawing)
  wipe.onclick = () => {
    drawing = []
    draw()
  }

  const watcher = new ResizeObserver(fit)
  watcher.observe(canvas)
  const theme = new MutationObserver(draw)
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ["style", "class"] })

  return {
    show(header, setTriggerValue) {
      send = setTriggerValue
      shown = header
      canvas.setAttribute("aria-label", header.about)
      canvas.classList.toggle("drawing", header.drawing)
      done.hidden = wipe.hidden = !header.drawing
      canvas.dataset.step = header.step
      fit()
    },
    close() {
      watcher.disconnect()
      theme.disconnect()
    },
  }
}

function rgb(text) {
  const value = parseInt(text.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

function brightness(css) {
  const [red, green, blue] = css.match(/[\d.]+/g).map(Number)
  return 0.3 * red + 0.59 * green + 0.11 * blue
}
