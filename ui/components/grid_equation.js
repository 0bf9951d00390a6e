// How a cell is computed: from which cells of other matrices, and as a line of text.
const MOST_TERMS = 8

// The cells of an input that a cell is computed from: [first row, last row, first column, last column].
function region(matrix, axes, free, index) {
  const span = (axis, shown, labels) => {
    if (axis === "one") return [0, 0]
    if (free.includes(axis) || index[axis] === undefined) return [0, labels.length - 1]
    const at = index[axis] - shown.start
    return [at, at]
  }
  return [...span(axes[0], matrix.rows, matrix.rows.labels), ...span(axes[1], matrix.columns, matrix.columns.labels)]
}

// The terms of a matrix product that are on screen: [left text, right text, product].
function terms(product, left, right, index) {
  const along = (matrix, axes) => {
    const inRows = axes[0] === product.over
    const other = inRows ? axes[1] : axes[0]
    const shown = inRows ? matrix.columns : matrix.rows
    const at = other === "one" ? 0 : index[other] - shown.start
    const length = (inRows ? matrix.rows : matrix.columns).labels.length
    return Array.from({ length }, (_, i) => (inRows ? [i, at] : [at, i]))
      .map(([r, c]) => [matrix.texts[r]?.[c], matrix.values[r]?.[c]])
  }
  const b = along(right, product.right_axes)
  return along(left, product.left_axes).map(([text, value], i) => [text, b[i]?.[0], value * b[i]?.[1]])
    .filter(([x, y]) => x !== undefined && y !== undefined)
}

const negative = (text) => (text?.startsWith("−") ? `(${text})` : text)

// How a cell is computed, as a line of text.
function equationOf(data, name, row, column) {
  const byName = Object.fromEntries(data.matrices.map((each) => [each.name, each]))
  const matrix = byName[name]
  const index = { [matrix.rows.name]: row + matrix.rows.start, [matrix.columns.name]: column + matrix.columns.start }
  const place = [matrix.rows.labels[row], matrix.columns.labels[column]].filter(Boolean).join(", ")
  const text = matrix.texts[row][column]
  const head = `${matrix.title} [${place}]`
  const product = data.products.find((each) => each.result === name)
  if (product) {
    const [left, right] = [byName[product.left], byName[product.right]]
    const every = terms(product, left, right, index)
    const total = (product.left_axes[0] === product.over ? left.rows : left.columns).total
    const kept = every.length > MOST_TERMS
      ? [...every].sort((x, y) => Math.abs(y[2]) - Math.abs(x[2])).slice(0, MOST_TERMS) : every
    let line = kept.map(([x, y]) => `${x} × ${negative(y)}`).join(" + ")
    const bias = product.bias ? byName[product.bias] : null
    const shift = bias ? bias.values[0][index[product.right_axes[1]] - bias.columns.start] ?? 0 : 0
    const rest = matrix.values[row][column] - kept.reduce((sum, [, , x]) => sum + x, 0) - shift
    const digits = /\.(\d+)$/.exec(text)?.[1].length ?? 4
    const shown = (x) => negative(x.toFixed(digits).replace("-", "−"))
    if (total > kept.length) line += ` + ${shown(rest)} from ${total - kept.length} more`
    if (bias) line += ` + ${shown(shift)} (bias)`
    return `${head} = ${line} = ${text}`
  }
  const from = data.sources.filter((each) => each.result === name).flatMap((each) => {
    const input = byName[each.input]
    const [top, bottom, first, last] = region(input, each.axes, each.free, index)
    if (last > first) return [`a row of ${input.title}`]
    return top === bottom && input.texts[top]?.[first] !== undefined ? [`${input.title} ${input.texts[top][first]}`] : []
  })
  return from.length ? `${head} = ${text}, from ${from.join(", ")}` : `${head} = ${text}`
}
