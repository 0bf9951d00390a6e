// The table of a matrix, empty: its cells, headers, caption, and the signs around it.
function build(matrix) {
  const cells = matrix.texts.map((texts, r) => texts.map((_, c) => {
    const cell = element("td", { tabIndex: r + c ? -1 : 0 })
    cell.setAttribute("role", "gridcell")
    cell.dataset.row = r
    cell.dataset.column = c
    return cell
  }))
  const head = matrix.columns.labels.map(() => element("th", { scope: "col" }))
  const side = matrix.rows.labels.map((label) => (label ? element("th", { scope: "row" }) : element("td", { className: "corner" })))
  const caption = element("div", { className: "caption" })  // not in the table: a grid has no buttons beside its cells
  const table = element("table", {}, [
    element("thead", {}, [element("tr", {}, [element("td", { className: "corner" }), ...head])]),
    element("tbody", {}, cells.map((row, r) => element("tr", {}, [side[r], ...row]))),
  ])
  table.setAttribute("role", "grid")
  const [sign, after] = ["sign", "after"].map((className) => element("span", { className }))
  const figure = element("figure", {}, [sign, element("div", { className: "scroll" }, [caption, table]), after])
  return { figure, table, caption, cells, head, side, sign, after, shape: shapeOf(matrix) }
}

// Tables of the same shape are filled anew instead of built anew.
const shapeOf = ({ rows, columns }) => `${rows.labels.length}×${columns.labels.length}${rows.labels[0] === "" ? ", not labelled" : ""}`
