// Puts an image that is pasted anywhere on the page into the uploader whose key is `data.uploader`.

const keys = new WeakMap()

export default function ({ data, parentElement }) {
  const first = !keys.has(parentElement)
  keys.set(parentElement, data.uploader)

  const paste = event => {
    const file = event.clipboardData?.files?.[0]
    const input = document.querySelector(`.st-key-${keys.get(parentElement)} input[type=file]`)
    if (!file || !input) return
    const box = new DataTransfer()
    box.items.add(file)
    input.files = box.files
    input.dispatchEvent(new Event("change", { bubbles: true }))
    event.preventDefault()
  }
  if (!first) return parentElement.stopPasting
  document.addEventListener("paste", paste)
  parentElement.stopPasting = () => {
    document.removeEventListener("paste", paste)
    keys.delete(parentElement)
  }
  return parentElement.stopPasting
}
