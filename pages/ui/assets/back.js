// Reruns the page after it has reconnected: the server may have restarted, or be another one behind the same address,
// which has no session for the page, so its buttons would do nothing.

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
