// A page that lost its server and found it again, or found another one behind the same address, runs once more: the new
// server knows nothing of it yet, and its buttons would find nobody.

export default function ({ setTriggerValue, parentElement }) {
  parentElement.trigger = setTriggerValue
  const app = document.querySelector("[data-testid=stApp]")
  if (parentElement.stopWatching || !app) return parentElement.stopWatching
  const connected = () => app.dataset.testConnectionState === "CONNECTED"
  let before = connected()
  const observer = new MutationObserver(() => {
    const now = connected()
    if (now && !before) parentElement.trigger("back", true)
    before = now
  })
  observer.observe(app, { attributeFilter: ["data-test-connection-state"] })
  parentElement.stopWatching = () => {
    observer.disconnect()
    delete parentElement.stopWatching
  }
  return parentElement.stopWatching
}
