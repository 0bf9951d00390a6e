// Drawing onto canvases. A frame says where a square of cells stands: its first row and column, how many of
// them, the corner and the side of a cell in CSS pixels, how its labels are written, and from how many
// hundredths on a weight's digits are.

const LIGHT = ["#f4f7fc", "#d3e6f3", "#9cc8e3", "#67a9d2", "#4881b0", "#204e85", "#09316c"];
const DARK = ["#18222d", "#1d3a52", "#24496c", "#2f6090", "#6090b8", "#9abbdb", "#d6ecff"];
const CODES = 202;
const LABEL_GAP = 8;
const WIDEST_CELL = 30;
const LENS_CELLS = 7;

const hundredths = (code) => code >> 1;
const decimals = (code) => (hundredths(code) / 100).toFixed(2);

// Every code's colour, the ink that is read on it, and the same colours as an ImageData's pixels.
function palette(root) {
  const colours = theme(root);
  const stops = (colours.dark ? DARK : LIGHT).map(channels);
  colours.fills = [];
  colours.inks = [];
  colours.pixels = new Uint32Array(CODES);
  for (let code = 0; code < CODES; code++) {
    // The power spreads the small weights, of which most of a pattern is made.
    const at = Math.min((Math.max(0, code / 2 - 0.25) / 100) ** 0.6, 1) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const mixed = stops[low].map((from, i) => Math.round(from + (stops[low + 1][i] - from) * (at - low)));
    const fill = `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
    colours.fills.push(fill);
    colours.inks.push(luminance(fill) < 0.179 ? "#ffffff" : "#000000");
    colours.pixels[code] = 0xff000000 | (mixed[2] << 16) | (mixed[1] << 8) | mixed[0];
  }
  return colours;
}

// Sizes a canvas in CSS pixels and gives its context, scaled to the screen's own pixels.
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

// The largest frame of all tokens, at most `width` wide with its labels.
function layOut(context, tokens, width, font) {
  const n = tokens.length;
  const small = (width - 80) / n < 16;
  const angle = ((small ? 65 : 48) * Math.PI) / 180;
  const frame = { font, size: small ? 10 : 12, angle, first: [0, 0], count: n, written: 5 };
  context.font = fontOf(frame, true);
  frame.labels = tokens.map((token) => shorten(context, token, width < 450 ? 60 : 84));
  const widths = frame.labels.map((label) => context.measureText(label).width);
  const longest = Math.max(...widths);
  frame.left = Math.ceil(longest) + LABEL_GAP + 2;
  frame.top = Math.ceil(longest * Math.sin(frame.angle) + frame.size * Math.cos(frame.angle)) + LABEL_GAP + 2;
  frame.cell = (width - frame.left) / n;
  for (let pass = 0; pass < 3; pass++) {
    const reach = widths.map((label, i) => label * Math.cos(frame.angle) + 10 - (n - i - 0.5) * frame.cell);
    frame.right = Math.max(4, ...reach);
    frame.cell = Math.min(WIDEST_CELL, (width - frame.left - frame.right) / n);
  }
  if (frame.cell >= 4) frame.cell = Math.floor(frame.cell);
  frame.width = frame.left + n * frame.cell + frame.right;
  frame.height = frame.top + n * frame.cell + 4;
  return frame;
}

// The cells around one cell, large enough to read.
function magnify(frame, { query, key }, width) {
  const count = Math.min(LENS_CELLS, frame.labels.length);
  const first = [query, key].map((at) =>
    Math.min(Math.max(at - (LENS_CELLS >> 1), 0), frame.labels.length - count));
  const [left, top, cell, angle] = [frame.left + 6, Math.ceil(frame.left * 0.75) + 6, 24, (48 * Math.PI) / 180];
  return { ...frame, first, count, left, top, cell, angle, written: 1, height: top + count * cell + 6,
    width: Math.min(left + count * cell + 40, width) };
}

// A plane as an image of size × size pixels, each the largest weight of the cells that it stands for.
function image(plane, n, size, pixels) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const data = context.createImageData(size, size);
  const target = new Uint32Array(data.data.buffer);
  let codes = plane;
  if (size < n) {
    codes = new Uint8Array(size * size);
    const to = Uint16Array.from({ length: n }, (_, i) => Math.floor((i * size) / n));
    for (let row = 0, from = 0; row < n; row++)
      for (let column = 0, line = to[row] * size; column < n; column++, from++)
        if (plane[from] > codes[line + to[column]]) codes[line + to[column]] = plane[from];
  }
  for (let i = 0; i < target.length; i++) target[i] = pixels[codes[i]];
  context.putImageData(data, 0, 0);
  return canvas;
}

function drawCells(context, frame, plane, colours) {
  const { first: [firstRow, firstColumn], count, left, top, cell, written } = frame;
  const n = frame.labels.length;
  const side = count * cell;
  context.clearRect(left, top, side, side);
  if (cell < 8) {
    context.imageSmoothingEnabled = false;
    const size = Math.min(n, Math.floor(side * window.devicePixelRatio));
    context.drawImage(image(plane, n, size, colours.pixels), left, top, side, side);
    return;
  }
  context.font = `${cell < 26 ? 9.5 : 10.5}px ${frame.font}`;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (let row = 0; row < count; row++)
    for (let column = 0; column < count; column++) {
      const code = plane[(firstRow + row) * n + firstColumn + column];
      const [x, y] = [left + column * cell, top + row * cell];
      context.fillStyle = colours.fills[code];
      context.beginPath();
      context.roundRect(x, y, cell - 1, cell - 1, cell >= 16 ? 2 : 0);
      context.fill();
      if (cell < 22 || hundredths(code) < written) continue;
      context.fillStyle = colours.inks[code];
      const digits = hundredths(code) === 100 ? "1" : decimals(code).slice(1);
      context.fillText(digits, x + (cell - 1) / 2, y + cell / 2 + 3);
    }
}

// The labels of both axes and the frames of the selection. marks: { query, key, hover: { query, key } or null }
function drawMarks(context, frame, marks, special, colours) {
  const { first, count, left, top, cell } = frame;
  const side = count * cell;
  for (const [axis, name] of ["query", "key"].entries()) drawLabels(context, frame, axis, name, marks, special, colours);
  const place = (name, axis) => marks[name] - first[axis];
  const [row, column] = [place("query", 0), place("key", 1)];
  const [rowShown, columnShown] = [row, column].map((at) => at >= 0 && at < count);
  const [x, y] = [left + column * cell, top + row * cell];
  const outline = (colour, line, ...box) => {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.beginPath();
    context.roundRect(...box, cell >= 16 ? 4 : 1);
    context.stroke();
  };
  if (rowShown) outline(colours.query, 1.5, left - 2, y - 2, side + 3, cell + 3);
  if (columnShown) outline(colours.key, 1.5, x - 2, top - 2, cell + 3, side + 3);
  if (rowShown && columnShown) outline(colours.ink, 2.5, x - 2, y - 2, cell + 3, cell + 3);
  if (!marks.hover) return;
  const hover = [left + (marks.hover.key - first[1]) * cell, top + (marks.hover.query - first[0]) * cell];
  outline(colours.background, 3, hover[0] - 0.5, hover[1] - 0.5, cell, cell);
  outline(colours.ink, 1.5, hover[0] - 0.5, hover[1] - 0.5, cell, cell);
}

function drawLabels(context, frame, axis, name, marks, special, colours) {
  const { first, count, left, top, cell, labels } = frame;
  const step = Math.max(1, Math.ceil(11 / cell));
  const hover = marks.hover?.[name];
  const near = (at, other) => at !== other && Math.abs(at - other) < step;
  const strong = [hover, marks[name]].filter((at) => at !== undefined && !near(at, hover));
  context.textBaseline = "middle";
  context.textAlign = axis ? "left" : "right";
  for (let at = first[axis]; at < first[axis] + count; at++) {
    const bold = strong.includes(at);
    if (!bold && (at % step || strong.some((other) => near(at, other)))) continue;
    context.font = fontOf(frame, bold);
    context.fillStyle = at === marks[name] ? colours[name] : special[at] && !bold ? colours.muted : colours.ink;
    const middle = (at - first[axis] + 0.5) * cell;
    context.save();
    if (axis) {
      context.translate(left + middle, top - LABEL_GAP);
      context.rotate(-frame.angle);
    } else context.translate(left - LABEL_GAP, top + middle);
    context.fillText(labels[at], 0, 0);
    context.restore();
  }
}
