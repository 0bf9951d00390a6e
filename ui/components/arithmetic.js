// Draws steps of equations. Every run of characters comes from the server as [text, role, address, name];
// a run with an address is a button that opens that number.

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const data = decoded(bytes)
  const open = (parentElement.openDetails ??= new Set())
  const focused = parentElement.activeElement?.dataset?.focus

  const run = ([text, role, address, name]) => {
    if (!address) return element("span", { textContent: text, className: role ?? "" })
    const button = element("button", { textContent: text, className: `n ${role ?? ""}`, title: name ?? "" })
    button.type = "button"
    button.dataset.at = button.dataset.focus = address
    button.onclick = () => setTriggerValue("open", address)
    return button
  }
  const paragraph = (words) => element("p", { className: "words", textContent: words })
  const line = ([first, ...rest]) => {
    if (first[1] === "name") return element("div", {}, [paragraph(first[0]), line(rest)])
    const runs = [first, ...rest]
    const node = element("p", { className: "line" }, runs.map(run))
    node.lastChild?.classList.add("result")
    return node
  }
  const table = (label) => ({ head, rows, chosen }) => {
    const body = rows.map((cells, i) =>
      element("tr", { className: i === chosen ? "chosen" : "" }, cells.map((cell) => element("td", {}, [run(cell)]))))
    return element("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: label }, [element("table", {}, [
      element("thead", {}, [element("tr", {}, head.map((word) => element("th", { textContent: word, scope: "col" })))]),
      element("tbody", {}, body),
    ])])
  }
  const fold = (id, { label, lines, words, tables }) => {
    const node = element("details", {}, [element("summary", { textContent: label })])
    node.firstChild.dataset.focus = `fold ${id}`
    // The content is built when it is first unfolded, so long tables cost nothing until then.
    const fill = () => node.children.length > 1 || node.append(...lines.map(line), ...words.map(paragraph), ...tables.map(table(label)))
    node.ontoggle = () => { node.open ? (open.add(id), fill()) : open.delete(id) }
    if (open.has(id)) { fill(); node.open = true }
    return node
  }
  const bars = (values, words) => {
    const most = Math.max(...values.map(Math.abs), 1e-9)
    const top = 100 * Math.max(0, ...values) / (Math.max(0, ...values) - Math.min(0, ...values) || most)
    const scale = 100 / (Math.max(0, ...values) - Math.min(0, ...values) || most)
    const node = element("div", { className: "bars", role: "img", ariaLabel: words }, values.map((value, i) => {
      const bar = element("b", { className: value < 0 ? "minus" : "" })
      bar.style.height = `${Math.abs(value) * scale}%`
      bar.style.top = `${value < 0 ? top : top - value * scale}%`
      return element("i", { title: `${i}: ${value.toFixed(4)}` }, [bar])
    }))
    return node
  }
  const step = (content, i) => element("li", { className: "step" }, [
    element("span", { className: "no", textContent: i + 1 }),
    element("div", {}, [
      ...content.lines.map(line),
      ...content.words.map(paragraph),
      ...content.folds.map((each, j) => fold(`${i}.${j}`, each)),
    ]),
  ])
  const opened = ({ trail, names, lines, words, folds }) => element("div", { className: "opened" }, [
    element("div", { className: "trail" }, [
      ...[data.back, ...names].map((name, i) => {
        const crumb = element("button", { className: "crumb", textContent: name, title: trail[i - 1] ?? "", type: "button" })
        crumb.dataset.focus = `crumb ${i}`
        if (i === trail.length) crumb.ariaCurrent = "true"
        crumb.onclick = () => setTriggerValue("back", i)
        return crumb
      }),
    ]),
    ...lines.map(line),
    ...words.map(paragraph),
    ...folds.map((each, j) => fold(`opened.${j}`, each)),
  ])

  const section = element("section", { ariaLabel: data.name })
  section.setAttribute("role", "region")
  section.dataset.weight = data.weight
  if (data.opened) section.append(opened(data.opened))
  if (data.bars) section.append(bars(data.bars.values, data.bars.words))
  section.append(element("ol", {}, data.steps.map(step)))
  const old = parentElement.querySelector("section")
  old ? old.replaceWith(section) : parentElement.append(section)
  theme(section)
  if (focused) [...section.querySelectorAll("[data-focus]")].find((n) => n.dataset.focus === focused)?.focus()
}
