// Copies an image to the clipboard. Clipboards take PNG only, so another format is re-encoded first. The item holds a
// promise, for browsers allow a write only right after the click.

const INSECURE = "Browsers copy pictures only from https pages. Download it instead."
const FAILED = "The browser refused to copy the picture. Download it instead."

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button"), status = parentElement.querySelector("output")
  if (parentElement.shown !== data) status.value = ""
  parentElement.shown = data
  button.onclick = async () => {
    status.value = ""
    if (!navigator.clipboard?.write || !window.ClipboardItem) {
      status.value = INSECURE
      return
    }
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png(data) })])
      status.value = "Copied."
    } catch {
      status.value = FAILED
    }
  }
}

const isPng = bytes => bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47

async function png(bytes) {
  if (isPng(bytes)) return new Blob([bytes], { type: "image/png" })
  const picture = await createImageBitmap(new Blob([bytes]))
  const canvas = new OffscreenCanvas(picture.width, picture.height)
  canvas.getContext("2d").drawImage(picture, 0, 0)
  return canvas.convertToBlob({ type: "image/png" })
}
