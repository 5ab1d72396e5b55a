// What the frame around every page does in the browser. It is loaded once and stays when the page changes.

const isNarrow = () => matchMedia("(max-width: 767px)").matches // where Streamlit moves the menu into a drawer

export default function ({ setTriggerValue, parentElement }) {
  parentElement.trigger = setTriggerValue
  if (parentElement.stopWatching) return parentElement.stopWatching
  const stop = [rerunAfterReconnect(parentElement), closeMenuAfterChoice()]
  parentElement.stopWatching = () => {
    for (const undo of stop) undo()
    delete parentElement.stopWatching
  }
  return parentElement.stopWatching
}

// Reruns the page after it has reconnected: the server may have restarted, or be another one behind the same address,
// which has no session for the page, so its buttons would do nothing.
function rerunAfterReconnect(parentElement) {
  const app = document.querySelector("[data-testid=stApp]")
  if (!app) return () => {}
  const connected = () => app.dataset.testConnectionState === "CONNECTED"
  let before = connected()
  const observer = new MutationObserver(() => {
    const now = connected()
    if (now && !before) parentElement.trigger("back", true)
    before = now
  })
  observer.observe(app, { attributeFilter: ["data-test-connection-state"] })
  return () => observer.disconnect()
}

// Closes the drawer of a narrow window when a page was chosen in it; Streamlit leaves it open, over the page.
function closeMenuAfterChoice() {
  const close = event => {
    const isChoice = event.target.closest?.("[data-testid=stSidebarNavLink], [data-testid=stSidebar] [data-testid=stLogoLink]")
    if (!isChoice || !isNarrow() || event.ctrlKey || event.metaKey || event.shiftKey) return
    setTimeout(() => document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click())
  }
  document.addEventListener("click", close)
  return () => document.removeEventListener("click", close)
}
