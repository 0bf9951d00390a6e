// The words of a grid: the names of its cells for a screen reader, its equations, and what can be done with it.

// "row 5 “it”": an index, and its label where that is more than the index.
function indexName(word, axis, index) {
  if (axis.name === "one") return ""
  const at = index + axis.start
  return `${word} ${at}${axis.labels[index] === String(at) ? "" : ` “${axis.labels[index]}”`}`
}

function placeName(matrix, row, column) {
  return [matrix.title, indexName("row", matrix.rows, row), indexName("column", matrix.columns, column)]
    .filter(Boolean).join(", ")
}

function cellName(matrix, row, column) {
  const can = { no: "", type: ", editable", turn: ", editable: Enter switches it" }[matrix.edits]
  return `${placeName(matrix, row, column)}: ${matrix.texts[row][column]}${can}`
}

// "Queries × Keysᵀ = Dot products QKᵀ"
function equationName(matrices) {
  return matrices.map(({ sign, title, after }) => `${sign}${sign.endsWith("(") ? "" : " "}${title}${after}`).join(" ").trim()
}

// A line may end before an operator, not after it, and not before the last "=".
const unbroken = (sign) => sign.replace(/([÷×⊙+−]) /g, "$1\u00a0").replace(/ =$/, "\u00a0=")

const listed = (names) => names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`

const touch = () => matchMedia("(hover: none)").matches

const traceHint = () => touch()
  ? "Tap a number to see what it is computed from. A computed number also opens its computation."
  : "Point at a number to see what it is computed from. Click a computed number to open its computation."

function editHint(matrices) {
  const click = touch() ? "tap" : "click"
  const titles = (edits) => matrices.filter((each) => each.edits === edits).map((each) => each.title)
  const typed = titles("type")
  const turned = titles("turn")
  return [
    typed.length ? `You can edit ${listed(typed)} (✎): ${click} a number and type. All that depends on it is computed again.` : "",
    turned.length ? `${click[0].toUpperCase()}${click.slice(1)} a cell of ${listed(turned)} to switch it.` : "",
  ].filter(Boolean).join(" ")
}
