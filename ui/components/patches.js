const WIDEST = 560;
const SMALL = 0.26; // the size of the original image, relative to the overlaid one
const OPAQUE = 0.68; // of the colours over the image

function unpack(bytes) {
  const { header, start } = unwrap(bytes);
  const n = header.tokens.length, end = start + 4 * n * n;
  return { ...header, n, weights: new Float32Array(bytes.slice(start, end).buffer), pixels: bytes.subarray(end) };
}

function paint({ width, height, pixels }) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  for (let at = 0, from = 0; at < image.data.length; at += 4, from += 3) {
    image.data.set(pixels.subarray(from, from + 3), at);
    image.data[at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".patches");
  root.listening?.abort();
  const listening = (root.listening = new AbortController());
  const { signal } = listening;
  const part = (name) => root.querySelector(`.${name}`);
  const [mode, others, picture, readout, spoken, table] =
    ["mode", "others", "picture", "readout", "spoken", "row"].map(part);
  const canvas = part("laid"), plain = part("plain"), details = root.querySelector("details");
  const given = unpack(data);
  const { n, rows, columns, before, tokens, weights } = given;
  const image = paint(given);
  let colours, ink, wide, high, width, sending = null;

  const weight = (query, key) => weights[query * n + key];

  function chosen() {
    const { query, key, head } = selection();
    return { query: inside(query, n), key: inside(key, n), head };
  }

  function layOut() {
    width = root.clientWidth;
    if (!width) return;
    colours = palette(root);
    const scale = Math.min(Math.min((width - 12) / (1 + SMALL), WIDEST) / given.width, given.tallest / given.height);
    wide = (given.width * scale) / columns;
    high = (given.height * scale) / rows;
    ink = fit(canvas, wide * columns, high * rows);
    draw(fit(plain, wide * columns * SMALL, high * rows * SMALL), SMALL);
    show();
  }

  function draw(ink, scale) {
    ink.imageSmoothingEnabled = given.width >= 128;
    ink.drawImage(image, 0, 0, wide * columns * scale, high * rows * scale);
  }

  const corner = (token) => [((token - before) % columns) * wide, Math.floor((token - before) / columns) * high];

  function frame(token, colour, inset) {
    if (token < before) return;
    const [x, y] = corner(token);
    for (const [line, stroke] of [[4.5, colours.background], [2.5, colour]]) {
      Object.assign(ink, { lineWidth: line, strokeStyle: stroke });
      ink.strokeRect(x + inset, y + inset, wide - 2 * inset, high - 2 * inset);
    }
  }

  function show() {
    if (!colours) return;
    const { query, key } = chosen();
    const row = weights.subarray(query * n, query * n + n);
    const most = Math.max(...row.subarray(before)) || 1;
    draw(ink, 1);
    ink.globalAlpha = OPAQUE;
    for (let token = before; token < n; token++) {
      ink.fillStyle = colours.fills[Math.round((CODES - 1) * (row[token] / most))];
      ink.fillRect(...corner(token), wide, high);
    }
    ink.globalAlpha = 0.25;
    Object.assign(ink, { lineWidth: 1, strokeStyle: colours.muted });
    ink.beginPath();
    for (let column = 1; column < columns; column++) {
      ink.moveTo(column * wide, 0);
      ink.lineTo(column * wide, high * rows);
    }
    for (let at = 1; at < rows; at++) {
      ink.moveTo(0, at * high);
      ink.lineTo(wide * columns, at * high);
    }
    ink.stroke();
    ink.globalAlpha = 1;
    frame(key, colours.key, query === key ? 5 : 1.5);
    frame(query, colours.query, 1.5);
    readout.replaceChildren(
      worded("span", tokens[query], "query"), " → ", worded("span", tokens[key], "key"), " ",
      worded("b", weight(query, key).toFixed(4)),
      ` · strongest colour: ${most.toFixed(4)}, the largest weight of a patch`);
    for (const [at, button] of [...others.children].entries()) {
      button.className = [at === query && "query", at === key && "key"].filter(Boolean).join(" ");
      button.ariaPressed = String(at === query || at === key);
    }
    picture.ariaLabel = `The image in ${rows} rows of ${columns} patches. Query ${tokens[query]}, key ${tokens[key]}. `
      + "Arrow keys move the query, with Shift the key.";
    if (details.open) fillTable(query, key);
    Object.assign(root.dataset, { n, rows, columns, query, key, weight: weight(query, key).toFixed(4), wide, high });
  }

  // A table in the layout of the image: one cell per patch.
  function fillTable(query, key) {
    const grid = document.createElement("table"), caption = document.createElement("caption");
    const rest = tokens.slice(0, before).map((token, at) => `${token} ${weight(query, at).toFixed(4)}`);
    caption.append("Attention weights from ", worded("span", tokens[query], "query"),
      rest.length ? `; ${rest.join(", ")}` : "");
    const head = document.createElement("tr");
    head.append(worded("td", ""), ...Array.from({ length: columns }, (_, at) => worded("th", `c${at}`)));
    grid.append(caption, head, ...Array.from({ length: rows }, (_, down) => {
      const line = document.createElement("tr");
      const cells = Array.from({ length: columns }, (_, across) => {
        const token = before + down * columns + across;
        return worded("td", weight(query, token).toFixed(4), token === key ? "key" : "");
      });
      line.append(worded("th", `r${down}`), ...cells);
      return line;
    }));
    table.replaceChildren(grid);
  }

  function pick(wanted, patience) {
    const now = { ...chosen(), ...wanted };
    choose(now, "patches");
    clearTimeout(sending);
    sending = setTimeout(() => setTriggerValue("pick", { query: now.query, key: now.key }), patience);
  }

  const role = (event) => (event.shiftKey || root.choosesKey ? "key" : "query");

  function keydown(event) {
    if (isShortcut(event)) return;
    const which = role(event), from = chosen()[which];
    const by = { ArrowUp: -columns, ArrowDown: columns, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const to = { Home: 0, End: n - 1 }[event.key] ?? (by === undefined ? undefined : from + by);
    if (to === undefined) return;
    event.preventDefault();
    // Up and down stay in the column; left of the first patch are the tokens that are not patches.
    if (Math.abs(by) > 1 && (to < before || to >= n || from < before)) return;
    pick({ [which]: inside(to, n) }, PATIENCE);
  }

  function click(event) {
    const across = inside(Math.floor(event.offsetX / wide), columns), down = inside(Math.floor(event.offsetY / high), rows);
    pick({ [role(event)]: before + down * columns + across }, 0);
  }

  function speak() {
    const { query, key } = chosen();
    const words = `${tokens[query]} attends to ${tokens[key]} with weight ${weight(query, key).toFixed(4)}`;
    tell(spoken, words);
  }

  function setMode(choosesKey) {
    root.choosesKey = choosesKey;
    mode.ariaPressed = String(choosesKey);
    mode.textContent = `A click or tap selects the ${choosesKey ? "key" : "query"}`;
  }

  const on = (target, type, act) => target.addEventListener(type, act, { signal });
  others.replaceChildren(...tokens.slice(0, before).map((token, at) => {
    const button = Object.assign(worded("button", token), { type: "button" });
    on(button, "click", (event) => pick({ [role(event)]: at }, 0));
    return button;
  }));
  setMode(Boolean(root.choosesKey));
  on(mode, "click", () => setMode(!root.choosesKey));
  on(canvas, "click", click);
  on(picture, "keydown", keydown);
  on(details, "toggle", () => (details.open ? show() : table.replaceChildren()));
  on(document, MOVED, () => {
    show();
    speak();
  });
  layOut();
  const resized = new ResizeObserver(() => root.clientWidth !== width && layOut());
  resized.observe(root);
  on(signal, "abort", () => resized.disconnect());
  // A new theme calls this function too, without new data.
  if (root.held !== data) {
    root.held = data;
    echo({ query: given.query, key: given.key, head: given.head });
  }
  return () => root.listening.abort();
}
