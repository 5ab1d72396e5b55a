// What the frame around every page does in the browser. It is loaded once and stays when the page changes.

const isNarrow = () => matchMedia("(max-width: 767px)").matches // where Streamlit moves the menu into a drawer

export default function ({ setTriggerValue, parentElement }) {
  parentElement.trigger = setTriggerValue
  if (parentElement.stopWatching) return parentElement.stopWatching
  const stop = [rerunAfterReconnect(parentElement), closeMenuAfterChoice(), recordChoices()]
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

// Makes each choice an entry of the browser's history, so that Back undoes it. Streamlit replaces the entry when a
// widget changes the address, and adds one when the server does. What is added here instead:
// - a widget's change of the address adds an entry, but changes by a slider or the buttons of a number in quick
//   succession add one together;
// - what the server changes by itself, as the parameters of a view that is gone, belongs to the choice before it;
// - a page that is left may lose its parameters first, and one that opens may get its own before its path: the choice
//   of a page is one entry, too.
function recordChoices() {
  const TOGETHER_MS = 1500
  const { replaceState, pushState } = history
  let isFresh = false // whether the visitor has done something since the last entry
  let hasEntry = false // whether what the visitor did last has an entry
  let source = null // the element with which
  let last = { parameter: "", time: -TOGETHER_MS }
  const acted = event => {
    isFresh = true
    hasEntry = false
    source = event.target
  }

  history.replaceState = function (state, title, url) {
    const parameter = changedParameter(url)
    // A widget gives the whole address; the server's corrections after Back give a path, and stay replacements.
    if (!parameter || !String(url).startsWith(location.origin)) return replaceState.call(this, state, title, url)
    const now = performance.now()
    const isContinuous = source?.closest?.("[data-testid=stSlider], [data-testid=stNumberInput]")
    const isTogether = isContinuous && parameter === last.parameter && now - last.time < TOGETHER_MS
    last = { parameter, time: now }
    isFresh = false
    return (isTogether ? replaceState : pushState).call(this, state, title, url)
  }
  history.pushState = function (state, title, url) {
    const isCorrection = changedParameter(url) ? !isFresh : hasEntry
    if (!isCorrection) last = { parameter: "", time: -TOGETHER_MS }
    isFresh = false
    hasEntry = true
    return (isCorrection ? replaceState : pushState).call(this, state, title, url)
  }
  const restored = () => (last = { parameter: "", time: -TOGETHER_MS })
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, acted, true)
  addEventListener("popstate", restored)
  return () => {
    delete history.replaceState
    delete history.pushState
    for (const type of ["pointerdown", "keydown"]) removeEventListener(type, acted, true)
    removeEventListener("popstate", restored)
  }
}

// The names of the parameters in which an address of the same page differs from the present one; "" for another page.
function changedParameter(url) {
  const next = new URL(url ?? "", location.href), now = new URL(location.href)
  if (next.pathname !== now.pathname) return ""
  const names = new Set([...next.searchParams.keys(), ...now.searchParams.keys()])
  const values = (address, name) => address.searchParams.getAll(name).join("\n")
  return [...names].filter(name => values(next, name) !== values(now, name)).join(" ")
}
