// Draws matrices as tables, highlights the cells that a number is computed from, and lets cells be edited.
// From this shade on, light text (in the dark theme dark text) reads best; contrast is at least 4.6 to 1 on both sides.
const DEEP = { light: 0.755, dark: 0.575 }

const EDITS_RESENT = 20

export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const data = decoded(bytes)
  const state = (parentElement.grid ??= { figures: new Map(), at: null, edits: [] })
  state.data = data
  if (!state.root) {
    state.hint = element("p", { className: "hint" })
    state.container = element("div", { className: "container" })
    state.line = element("p", { className: "made" })
    state.line.setAttribute("aria-live", "polite")
    // Outside the matrices, which would cut it off where they are narrow.
    state.alert = element("p", { className: "alert", id: "alert" })
    state.alert.setAttribute("role", "alert")
    state.root = element("section", { ariaLabel: "Matrices" }, [state.hint, state.container, state.alert, state.line])
    state.root.setAttribute("role", "region")
    // "focusin" has no on… property.
    state.root.addEventListener("focusin", (event) => state.focused(event))
    parentElement.append(state.root)
  }
  const { dark } = theme(state.root)
  const matrixOf = (name) => state.data.matrices.find((each) => each.name === name)
  const cellOf = (name, row, column) => {
    const { rows, columns } = matrixOf(name)
    return { name, row: row + rows.start, column: column + columns.start }
  }
  // While the server is busy, a later trigger replaces one that waits: each edit is sent with those before it.
  const sendEdit = (name, row, column, text) => {
    const id = Math.max(Date.now(), (state.edits.at(-1)?.id ?? 0) + 1)
    state.edits = [...state.edits, { id, ...cellOf(name, row, column), text }].slice(-EDITS_RESENT)
    setTriggerValue("edit", state.edits)
  }

  const light = (name, row, column) => {
    for (const lit of state.root.querySelectorAll(".lit, .here")) lit.classList.remove("lit", "here")
    const matrix = matrixOf(name)
    state.at = matrix?.texts[row]?.[column] === undefined ? null : [name, row, column]
    if (!state.at) { state.line.textContent = traceHint(); return }
    const index = { [matrix.rows.name]: row + matrix.rows.start, [matrix.columns.name]: column + matrix.columns.start }
    state.figures.get(name).cells[row]?.[column]?.classList.add("here")
    const glow = (input, axes, free) => {
      const [top, bottom, first, last] = region(matrixOf(input), axes, free, index)
      const { cells } = state.figures.get(input)
      for (let r = top; r <= bottom; r++) for (let c = first; c <= last; c++) cells[r]?.[c]?.classList.add("lit")
    }
    for (const each of state.data.products.filter((link) => link.result === name)) {
      glow(each.left, each.left_axes, [])
      glow(each.right, each.right_axes, [])
      if (each.bias) glow(each.bias, ["one", each.right_axes[1]], [])
    }
    for (const each of state.data.sources.filter((link) => link.result === name)) glow(each.input, each.axes, each.free)
    state.line.textContent = equationOf(state.data, name, row, column)
  }

  const edit = (name, row, column, text, message) => {
    const cell = state.figures.get(name)?.cells[row]?.[column]
    if (!cell || cell.classList.contains("editing")) return
    const was = text ?? String(matrixOf(name).values[row][column] ?? "")
    const input = element("input", { value: was, ariaLabel: `New number: ${placeName(matrixOf(name), row, column)}` })
    input.size = 6
    const stop = cell.tabIndex
    cell.removeAttribute("tabindex")
    cell.classList.add("editing")
    cell.replaceChildren(input)
    const close = (commit) => {
      if (!cell.classList.contains("editing")) return
      cell.classList.remove("editing")
      cell.tabIndex = stop
      cell.textContent = matrixOf(name)?.texts[row]?.[column] ?? ""
      cell.looks = null
      state.alert.textContent = ""
      state.dismissed = JSON.stringify(state.data.refused)
      if (commit && (input.value !== was || message)) sendEdit(name, row, column, input.value)
    }
    input.onblur = () => close(true)
    input.onkeydown = (event) => {
      event.stopPropagation()
      if (event.key === "Escape") { close(false); cell.focus() }
      if (event.key === "Enter") { close(true); cell.focus() }
      if (event.key === "Tab") {
        const { rows, columns } = matrixOf(name)
        const next = row * columns.labels.length + column + (event.shiftKey ? -1 : 1)
        const [r, c] = [Math.floor(next / columns.labels.length), next % columns.labels.length]
        if (r < 0 || r >= rows.labels.length) return
        event.preventDefault()
        close(true)
        edit(name, r, c)
      }
    }
    input.focus()
    input.select()
    if (message) refuse(input, message)
  }

  const refuse = (input, message) => {
    input.ariaInvalid = "true"
    input.setAttribute("aria-describedby", state.alert.id)
    state.alert.textContent = message
    const [around, at] = [state.root.getBoundingClientRect(), input.getBoundingClientRect()]
    const left = Math.min(at.left - around.left, around.width - state.alert.offsetWidth)
    Object.assign(state.alert.style, { top: `${at.bottom - around.top + 3}px`, left: `${Math.max(0, left)}px` })
  }

  // Opens a cell with other text than its number.
  const write = (name, row, column, text) => {
    edit(name, row, column)
    const input = state.figures.get(name).cells[row][column].querySelector("input")
    if (input) input.value = text
  }

  const act = (name, row, column) => {
    const { edits } = matrixOf(name)
    if (edits === "type") edit(name, row, column)
    else if (edits === "turn") sendEdit(name, row, column, "")
    else setTriggerValue("pick", cellOf(name, row, column))
  }

  const place = (node) => {
    const cell = node.closest?.("td:not(.corner)")
    return cell ? [cell.closest("figure").dataset.name, Number(cell.dataset.row), Number(cell.dataset.column)] : null
  }
  state.root.onpointerover = (event) => { const at = place(event.target); if (at) light(...at) }
  state.focused = (event) => {
    const at = place(event.target)
    if (!at || event.target.tagName !== "TD") return
    for (const other of state.figures.get(at[0]).table.querySelectorAll("td[tabindex='0']")) other.tabIndex = -1
    event.target.tabIndex = 0
    light(...at)
  }
  state.root.onclick = (event) => {
    const at = place(event.target)
    if (at && event.target.tagName === "TD") { event.target.focus(); act(...at) }
  }
  state.root.onkeydown = (event) => {
    const at = event.target.tagName === "TD" && place(event.target)
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return
    const [name, row, column] = at
    const { cells } = state.figures.get(name)
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1], Home: [row, 0], End: [row, cells[row].length - 1],
    }[event.key]
    if (to) { cells[to[0]]?.[to[1]]?.focus(); event.preventDefault(); event.stopPropagation() }
    else if (["Enter", " ", "F2"].includes(event.key)) { act(...at); event.preventDefault() }
    else if (matrixOf(name).edits === "type" && /^[0-9.,\-−]$/.test(event.key)) {
      write(name, row, column, event.key)
      event.preventDefault()
    }
  }

  state.root.onpaste = (event) => {
    const at = event.target.tagName === "TD" && place(event.target)
    if (!at || matrixOf(at[0]).edits !== "type") return
    event.preventDefault()
    write(...at, event.clipboardData.getData("text").trim())
  }

  const pager = (matrix, axis) => {
    const { name, title, labels, start, total } = axis
    if (labels.length >= total) return []
    const turn = (sign, to, off, words) => {
      const button = element("button", { type: "button", textContent: sign, disabled: off, ariaLabel: `${words} of ${title}` })
      button.onclick = () => setTriggerValue("window", { axis: name, start: to })
      return button
    }
    return [element("span", { className: "pager" }, [
      turn("‹", Math.max(0, start - labels.length), start === 0, "Previous part"),
      ` ${title} ${start} to ${start + labels.length - 1} of ${total} `,
      turn("›", start + labels.length, start + labels.length >= total, "Next part"),
    ])]
  }

  const fill = (held, matrix) => {
    const { rows, columns } = matrix
    held.figure.dataset.name = matrix.name
    held.figure.className = `${matrix.role} ${matrix.edits}`
    held.sign.textContent = unbroken(matrix.sign)
    held.sign.classList.toggle("long", matrix.sign.length > 1)
    held.sign.title = matrix.sign.includes("⊙") ? "⊙: each number times the number of its column" : ""
    held.after.textContent = matrix.after
    held.after.classList.toggle("raised", matrix.after.startsWith("ᵀ"))
    held.table.ariaLabel = `${matrix.title}, ${rows.total} × ${columns.total}`
    const axes = [rows, columns].map((axis) => axis.title).filter(Boolean).join(" × ")
    held.caption.replaceChildren(
      element("b", { textContent: matrix.title }),
      ` ${rows.total} × ${columns.total} `, element("i", { textContent: axes }),
      ...(matrix.edits === "no" ? [] : [element("i", { textContent: "✎", ariaHidden: "true" })]),
      ...pager(matrix, rows), ...pager(matrix, columns))
    columns.labels.forEach((label, c) => { held.head[c].textContent = held.head[c].title = label })
    rows.labels.forEach((label, r) => { held.side[r].textContent = held.side[r].title = label })
    held.cells.forEach((row, r) => row.forEach((cell, c) => {
      const shade = matrix.shades[r][c] ?? 0
      const was = matrix.before?.[`${r},${c}`]
      const deep = matrix.scale === "weights" && shade > DEEP[dark ? "dark" : "light"]
      const name = cellName(matrix, r, c)
      const looks = [Math.round(shade * 100), deep, was, name].join("|")
      // Only changed cells are updated: redrawing a thousand would make an edit slow.
      if (cell.looks === looks || cell.classList.contains("editing")) return
      cell.looks = looks
      cell.style.setProperty("--shade", `${Math.abs(Math.round(shade * 100))}%`)
      cell.classList.toggle("minus", shade < 0)
      cell.classList.toggle("deep", deep)
      cell.classList.toggle("weight", matrix.scale === "weights")
      cell.classList.toggle("changed", was !== undefined)
      cell.title = was === undefined ? "" : `${was} → ${matrix.texts[r][c]}`
      cell.textContent = matrix.texts[r][c]
      cell.ariaLabel = name
      cell.ariaReadOnly = String(matrix.edits === "no")
    }))
  }

  const figures = new Map()
  const equations = []
  for (const matrix of data.matrices) {
    const old = state.figures.get(matrix.name)
    const held = old?.shape === shapeOf(matrix) ? old : build(matrix)
    fill(held, matrix)
    figures.set(matrix.name, held)
    if (matrix.begins) equations.push([])
    equations.at(-1).push(matrix)
  }
  const wanted = equations.map((each) => each.map((matrix) => figures.get(matrix.name).figure))
  const { children } = state.container
  const same = (a, b) => a.length === b.length && b.every((each, i) => each === a[i])
  if (children.length !== wanted.length || wanted.some((row, i) => !same(children[i].children, row))) {
    const focused = parentElement.activeElement
    state.container.replaceChildren(...wanted.map((row) => element("div", { className: "equation", role: "group" }, row)))
    if (focused?.isConnected) focused.focus()
  }
  equations.forEach((each, i) => { children[i].ariaLabel = equationName(each) })
  state.figures = figures
  state.hint.textContent = editHint(data.matrices)
  light(...(state.at ?? []))
  if (data.refused && JSON.stringify(data.refused) !== state.dismissed) {
    const { name, row, column, text, message } = data.refused
    edit(name, row - (matrixOf(name)?.rows.start ?? 0), column - (matrixOf(name)?.columns.start ?? 0), text, message)
  }
}
