// Drawing onto canvases. A frame describes a block of cells: the first row and column, how many of each, the corner and
// the size of a cell in CSS pixels, the font, angle and step of the labels, and from how many hundredths a weight's
// digits are written. Values for both axes are pairs: rows, columns.

const CODES = 202;
const LABEL_GAP = 8;
const READABLE = 26; // the smallest cell that has digits, and that a thumb can touch
const WIDEST_CELL = 64;
const LENS_CELL = 30;
const LENS_CELLS = 7;
const NARROW = 450;
const TALLEST = 1.4; // as a multiple of the width
const SMALLEST_TEXT = 12;
const SLANT = (48 * Math.PI) / 180;

const hundredths = (code) => code >> 1;
const decimals = (code) => (hundredths(code) / 100).toFixed(2);

// The colour of each code, the text colour on it, and the colours as ImageData pixels.
function palette(root) {
  const colours = theme(root);
  const stops = colours.weights.split(" ").map(channels);
  colours.fills = [];
  colours.inks = [];
  colours.pixels = new Uint32Array(CODES);
  for (let code = 0; code < CODES; code++) {
    // The power spreads out small weights, which are most of a pattern.
    const at = Math.min((Math.max(0, code / 2 - 0.25) / 100) ** 0.6, 1) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const mixed = stops[low].map((from, i) => Math.round(from + (stops[low + 1][i] - from) * (at - low)));
    const fill = `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
    colours.fills.push(fill);
    colours.inks.push(luminance(fill) < 0.179 ? colours["on-dark"] : colours["on-light"]);
    colours.pixels[code] = 0xff000000 | (mixed[2] << 16) | (mixed[1] << 8) | mixed[0];
  }
  return colours;
}

// Sizes a canvas in CSS pixels and returns its context, scaled to device pixels.
function fit(canvas, width, height) {
  const scale = window.devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return context;
}

const fontOf = (frame, bold) => `${bold ? "700 " : ""}${frame.size}px ${frame.font}`;

function shorten(context, text, width) {
  let letters = [...text].slice(0, 24);
  const wrap = () => `\u2068${letters.join("")}${letters.length < text.length ? "…" : ""}\u2069`;
  if ([...text].length === letters.length && context.measureText(text).width <= width) return text;
  while (letters.length > 1 && context.measureText(wrap()).width > width) letters.pop();
  return wrap();
}

// The largest frame of all tokens [rows, columns] in a room { width, height, least }, labels included. Cells are not
// smaller than `least`, though the frame is then wider than the room.
function layOut(context, tokens, room, font) {
  const size = 0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const frame = frameOf(context, tokens, room, font, size);
  return frame.cell > 2.5 * size ? frameOf(context, tokens, room, font, 1.2 * size) : frame;
}

function frameOf(context, tokens, { width, height, least }, font, size) {
  const count = tokens.map((names) => names.length);
  const [rows, n] = count;
  const frame = { font, size, first: [0, 0], count, all: count, written: 5 };
  context.font = fontOf(frame, true);
  frame.labels = tokens.map((names) => names.map((name) => shorten(context, name, (width < NARROW ? 5 : 7) * size)));
  const [sides, widths] = frame.labels.map((labels) => labels.map((label) => context.measureText(label).width));
  const longest = (frame.longest = Math.max(...widths));
  frame.left = Math.ceil(Math.max(...sides)) + LABEL_GAP + 2;
  frame.cell = (width - frame.left) / n;
  for (let pass = 0; pass < 3; pass++) {
    // Slanted labels must be a line apart, measured across them.
    const line = 1.2 * size;
    frame.step = Math.max(1, Math.ceil(line / frame.cell));
    frame.angle = Math.max(SLANT, Math.asin(line / (frame.step * frame.cell)));
    frame.top = Math.ceil(longest * Math.sin(frame.angle) + size * Math.cos(frame.angle)) + LABEL_GAP + 2;
    const reach = widths.map((label, i) => label * Math.cos(frame.angle) + 10 - (n - i - 0.5) * frame.cell);
    frame.right = Math.max(4, ...reach);
    const tallest = rows > n ? Math.max(height, TALLEST * width) : height;
    const fitting = Math.min(WIDEST_CELL, (width - frame.left - frame.right) / n, (tallest - frame.top) / rows);
    frame.cell = Math.max(least, fitting >= 4 ? Math.floor(fitting) : fitting);
  }
  frame.width = frame.left + n * frame.cell + frame.right;
  frame.height = frame.top + rows * frame.cell + 4;
  return frame;
}

// The cells around one cell, large enough to read.
function magnify(frame, { query, key }, width) {
  const count = frame.all.map((all) => Math.min(LENS_CELLS, all));
  const first = [query, key].map((at, axis) =>
    Math.min(Math.max(at - (LENS_CELLS >> 1), 0), frame.all[axis] - count[axis]));
  const [left, top, cell] = [frame.left + 6, Math.ceil((frame.longest + LABEL_GAP + 2) * 0.75) + 6, LENS_CELL];
  return { ...frame, first, count, left, top, cell, angle: SLANT, step: 1, written: 1, height: top + count[0] * cell + 6,
    width: Math.min(left + count[1] * cell + 40, width) };
}

// A plane as an image of size [height, width]; each pixel is the largest weight of the cells it covers.
function image(plane, [n, across], size, pixels) {
  const canvas = document.createElement("canvas");
  [canvas.height, canvas.width] = size;
  const context = canvas.getContext("2d");
  const data = context.createImageData(size[1], size[0]);
  const target = new Uint32Array(data.data.buffer);
  let codes = plane;
  if (size[0] < n || size[1] < across) {
    codes = new Uint8Array(target.length);
    const to = [n, across].map((all, axis) =>
      Uint16Array.from({ length: all }, (_, i) => Math.floor((i * size[axis]) / all)));
    for (let row = 0, from = 0; row < n; row++)
      for (let column = 0, line = to[0][row] * size[1]; column < across; column++, from++)
        if (plane[from] > codes[line + to[1][column]]) codes[line + to[1][column]] = plane[from];
  }
  for (let i = 0; i < target.length; i++) target[i] = pixels[codes[i]];
  context.putImageData(data, 0, 0);
  return canvas;
}

function drawCells(context, frame, plane, colours) {
  const { first: [firstRow, firstColumn], count, all, left, top, cell, written } = frame;
  const [high, wide] = count.map((cells) => cells * cell);
  context.clearRect(left, top, wide, high);
  if (cell < 8) {
    context.imageSmoothingEnabled = false;
    const size = all.map((cells) => Math.min(cells, Math.floor(cells * cell * window.devicePixelRatio)));
    context.drawImage(image(plane, all, size, colours.pixels), left, top, wide, high);
    return;
  }
  const size = Math.min(Math.max(SMALLEST_TEXT, 0.43 * cell), 22);
  context.font = `${size}px ${frame.font}`;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (let row = 0; row < count[0]; row++)
    for (let column = 0; column < count[1]; column++) {
      const code = plane[(firstRow + row) * all[1] + firstColumn + column];
      const [x, y] = [left + column * cell, top + row * cell];
      context.fillStyle = colours.fills[code];
      context.beginPath();
      context.roundRect(x, y, cell - 1, cell - 1, cell >= 16 ? 2 : 0);
      context.fill();
      if (cell < READABLE || hundredths(code) < written) continue;
      context.fillStyle = colours.inks[code];
      const digits = hundredths(code) === 100 ? "1" : decimals(code).slice(1);
      context.fillText(digits, x + (cell - 1) / 2, y + cell / 2 + 0.3 * size);
    }
}

// The labels of the columns and the outlines of the selection. marks: { query, key, hover: { query, key } or null };
// special: which keys are drawn muted
function drawMarks(context, frame, marks, special, colours) {
  const { first, count, left, top, cell } = frame;
  const [high, wide] = count.map((cells) => cells * cell);
  drawLabels(context, frame, 1, marks, special, colours);
  const place = (name, axis) => marks[name] - first[axis];
  const [row, column] = [place("query", 0), place("key", 1)];
  const [rowShown, columnShown] = [row, column].map((at, axis) => at >= 0 && at < count[axis]);
  const [x, y] = [left + column * cell, top + row * cell];
  const outline = (colour, line, ...box) => {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.beginPath();
    context.roundRect(...box, cell >= 16 ? 4 : 1);
    context.stroke();
  };
  if (rowShown) outline(colours.query, 1.5, left - 2, y - 2, wide + 3, cell + 3);
  if (columnShown) outline(colours.key, 1.5, x - 2, top - 2, cell + 3, high + 3);
  if (rowShown && columnShown) outline(colours.ink, 2.5, x - 2, y - 2, cell + 3, cell + 3);
  if (!marks.hover) return;
  const hover = [left + (marks.hover.key - first[1]) * cell, top + (marks.hover.query - first[0]) * cell];
  outline(colours.background, 3, hover[0] - 0.5, hover[1] - 0.5, cell, cell);
  outline(colours.ink, 1.5, hover[0] - 0.5, hover[1] - 0.5, cell, cell);
}

function drawLabels(context, frame, axis, marks, special, colours) {
  const { left, top, cell, step } = frame;
  const name = axis ? "key" : "query";
  const [first, count, labels] = [frame.first[axis], frame.count[axis], frame.labels[axis]];
  const hover = marks.hover?.[name];
  const near = (at, other) => at !== other && Math.abs(at - other) < step;
  const strong = [hover, marks[name]].filter((at) => at !== undefined && !near(at, hover));
  context.textBaseline = "middle";
  context.textAlign = axis ? "left" : "right";
  for (let at = first; at < first + count; at++) {
    const bold = strong.includes(at);
    if (!bold && (at % step || strong.some((other) => near(at, other)))) continue;
    context.font = fontOf(frame, bold);
    context.fillStyle = at === marks[name] ? colours[name] : special[at] && !bold ? colours.muted : colours.ink;
    const middle = (at - first + 0.5) * cell;
    context.save();
    if (axis) {
      context.translate(left + middle, top - LABEL_GAP);
      context.rotate(-frame.angle);
    } else context.translate(left - LABEL_GAP, top + middle);
    context.fillText(labels[at], 0, 0);
    context.restore();
  }
}
