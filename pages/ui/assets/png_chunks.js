// The download of an enlarged picture: a PNG with text chunks. It follows lightbox.js in one script.

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
