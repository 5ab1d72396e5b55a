// Makes each choice an entry of the browser's history, so that Back undoes it. It runs in the page before Streamlit,
// which replaces the entry when a widget changes the address, and adds one when the server does. Instead:
// - a widget's change of the address adds an entry, but changes by a slider or the buttons of a number in quick
//   succession add one together;
// - what the server changes by itself, as the parameters of a view that is gone or those that complete a link, belongs
//   to the entry before it; when the page changes, its parameters come first, at the address of the page before.

;(() => {
  const TOGETHER_MS = 1500
  const { replaceState, pushState } = history
  let isFresh = false // whether the visitor has done something since the last entry
  let source = null // the element with which
  let last = { parameters: "", time: -TOGETHER_MS }
  const forget = () => (last = { parameters: "", time: -TOGETHER_MS })

  history.replaceState = function (state, title, url) {
    const parameters = changedParameters(url)
    // A widget gives the whole address; the server's corrections after Back give a path, and stay replacements.
    if (!parameters || !String(url).startsWith(location.origin)) return replaceState.call(this, state, title, url)
    const now = performance.now()
    const isContinuous = source?.closest?.("[data-testid=stSlider], [data-testid=stNumberInput]")
    const isTogether = isContinuous && parameters === last.parameters && now - last.time < TOGETHER_MS
    last = { parameters, time: now }
    isFresh = false
    return (isTogether ? replaceState : pushState).call(this, state, title, url)
  }
  history.pushState = function (state, title, url) {
    const add = isFresh ? pushState : replaceState
    if (isFresh) forget()
    isFresh = false
    return add.call(this, state, title, url)
  }
  for (const type of ["pointerdown", "keydown", "change", "drop", "paste"])
    addEventListener(type, event => ((isFresh = true), (source = event.target)), true)
  addEventListener("popstate", forget)

  // The names of the parameters in which an address of the same page differs from the present one; "" for another page.
  function changedParameters(url) {
    const next = new URL(url ?? "", location.href), now = new URL(location.href)
    if (next.pathname !== now.pathname) return ""
    const names = new Set([...next.searchParams.keys(), ...now.searchParams.keys()])
    const values = (address, name) => address.searchParams.getAll(name).join("\n")
    return [...names].filter(name => values(next, name) !== values(now, name)).join(" ")
  }
})()
