// A picture for the clipboard. Clipboards take PNG alone, so another format is drawn and encoded first.
// The picture is given as a promise: the click must not have gone stale when it is ready.

const NOWHERE = "Browsers copy pictures only from https pages. Download it instead."
const FAILED = "The browser did not let the picture through. Download it instead."

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button"), said = parentElement.querySelector("output")
  if (parentElement.shown !== data) said.value = ""
  parentElement.shown = data
  button.onclick = async () => {
    said.value = ""
    if (!navigator.clipboard?.write || !window.ClipboardItem) {
      said.value = NOWHERE
      return
    }
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png(data) })])
      said.value = "Copied."
    } catch {
      said.value = FAILED
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
