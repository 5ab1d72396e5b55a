// Keeps the numbers of the picked pictures, at most two, and passes them on to the page whenever one is picked or no
// longer: all of them, for the page may be told of two picks at once.

const MAX_PICKS = 2

export default function ({ data, setTriggerValue, parentElement }) {
  parentElement.picks = data
  parentElement.trigger = setTriggerValue
  if (parentElement.stop) return parentElement.stop
  const onPick = ({ detail: number }) => {
    const others = parentElement.picks.filter(other => other !== number)
    parentElement.picks = others.length < parentElement.picks.length ? others : [...others, number].slice(-MAX_PICKS)
    parentElement.trigger("numbers", parentElement.picks)
  }
  document.addEventListener("atelier-pick", onPick)
  parentElement.stop = () => {
    document.removeEventListener("atelier-pick", onPick)
    delete parentElement.stop
  }
  return parentElement.stop
}
