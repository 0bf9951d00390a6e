// Shows a drawing from the server, whose steps and heads are buttons.
export default function ({ data: [data], parentElement, setTriggerValue }) {
  const drawing = new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement
  const focused = parentElement.activeElement?.dataset
  for (const node of drawing.querySelectorAll("[data-step], [data-head]")) {
    const what = node.dataset.step ? "step" : "head"
    node.setAttribute("role", "button")
    node.setAttribute("tabindex", "0")
    node.setAttribute("aria-label", node.querySelector("title").textContent)
    if (node.dataset.lit === "true") node.setAttribute("aria-current", what === "step" ? "step" : "true")
    const press = () => setTriggerValue(what, Number(node.dataset[what]))
    node.onclick = press
    node.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return
      event.preventDefault()
      press()
    }
  }
  let frame = parentElement.querySelector(".frame")
  if (!frame) {
    frame = document.createElement("div")
    frame.className = "frame"
    parentElement.append(frame)
  }
  // It grows with the window, but leaves room for what is below it.
  drawing.style.maxHeight = `max(${drawing.viewBox.baseVal.height}px, 26vh)`
  frame.replaceChildren(drawing)
  const lit = frame.querySelector("[data-lit=true]")
  if (lit && frame.scrollWidth > frame.clientWidth) {
    const box = lit.getBoundingClientRect()
    frame.scrollLeft += box.left + box.width / 2 - frame.getBoundingClientRect().left - frame.clientWidth / 2
  }
  const again = ["step", "head"].find((what) => focused?.[what])
  if (again) frame.querySelector(`[data-${again}="${Number(focused[again])}"]`)?.focus()

  // Arrow keys go to the previous or next step, unless the focused element needs them.
  document.onkeydown = (event) => {
    const at = event.composedPath()[0]
    const taken = at?.closest?.("input, textarea, select, table, [role=slider], [role=radiogroup], [role=combobox], .heatmap, .strip")
    if (taken || event.ctrlKey || event.metaKey || event.altKey || !parentElement.isConnected) return
    const to = data.step + { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (to >= 1 && to <= data.steps) setTriggerValue("step", to)
  }
  return () => { document.onkeydown = null }
}
