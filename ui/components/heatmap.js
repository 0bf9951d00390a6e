const LOWEST = 560; // the height that the picture may take on a low screen
const AROUND = 240; // the height of what is above and below it
const SCROLLED = 40; // tokens; browsers limit the size of a canvas
const THUMBNAIL = 56;
const THUMBNAILS = 12;

function unpack(bytes) {
  const { header, start } = unwrap(bytes);
  const keys = header.keys ?? header;
  const size = header.n * keys.tokens.length;
  const plane = (_, i) => bytes.subarray(start + i * size, start + (i + 1) * size);
  return { ...header, keys, planes: Array.from({ length: header.planes }, plane) };
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".heatmap");
  root.listening?.abort();
  const listening = (root.listening = new AbortController());
  const { signal } = listening;
  const part = (name) => root.querySelector(`.${name}`);
  const [picture, cells, marks, names, lens] = ["picture", "cells", "marks", "names", "lens"].map(part);
  const [readout, spoken, heads, row] = ["readout", "spoken", "heads", "row"].map(part);
  const details = root.querySelector("details");
  const { n, tokens, special, keys, planes, plane_names, row_sums } = unpack(data);
  const keyTokens = keys.tokens, nKeys = keyTokens.length;

  let colours, frame, cellsInk, marksInk, namesInk, width;
  let painted = null, hover = null, sending = null;

  function chosen() {
    const { query, key, head } = selection();
    return { query: inside(query, n), key: inside(key, nKeys), head: inside(head, planes.length) };
  }

  function layOutAll() {
    width = root.clientWidth;
    if (!width) return;
    colours = palette(root);
    const touched = width < NARROW || window.matchMedia("(pointer: coarse)").matches;
    const least = touched && Math.max(n, nKeys) <= SCROLLED ? READABLE : 0;
    const room = { width, height: Math.max(window.innerHeight - AROUND, LOWEST), least };
    frame = layOut(marks.getContext("2d"), [tokens, keyTokens], room, colours.font);
    cellsInk = fit(cells, frame.width, frame.height);
    marksInk = fit(marks, frame.width, frame.height);
    namesInk = fit(names, frame.left - 3, frame.height);
    painted = null;
    hideLens();
    drawHeads();
    show();
    reveal();
  }

  // Where the picture is wider than the page, it scrolls under the labels of its rows.
  function reveal() {
    if (!frame) return;
    const x = chosen().key * frame.cell, room = picture.clientWidth - frame.left;
    if (x < picture.scrollLeft) picture.scrollLeft = x;
    if (x + frame.cell > picture.scrollLeft + room) picture.scrollLeft = x + frame.cell - room;
  }

  function show() {
    if (!frame) return;
    const now = chosen();
    if (painted !== now.head) {
      drawCells(cellsInk, frame, planes[now.head], colours);
      painted = now.head;
      for (const [i, button] of [...heads.children].entries()) button.ariaPressed = String(i === now.head);
      if (heads.children.length && !heads.contains(heads.getRootNode().activeElement))
        makeTabStop(heads, heads.children[now.head]);
    }
    marksInk.clearRect(0, 0, frame.width, frame.height);
    drawMarks(marksInk, frame, { ...now, hover }, keys.special, colours);
    namesInk.clearRect(0, 0, frame.left, frame.height);
    drawLabels(namesInk, frame, 0, { ...now, hover }, special, colours);
    read(now);
    if (details.open) fillTable(now);
    const { left, top, cell, step, angle } = frame;
    const apart = step * cell * Math.sin(angle);
    Object.assign(root.dataset, { n, ...now, weight: weight(now, now.head), left, top, cell, apart });
  }

  const weight = ({ query, key }, head) => decimals(planes[head][query * nKeys + key]);

  function read(now) {
    const { query, key } = hover ?? now;
    const sum = row_sums ? row_sums[now.head][query].toFixed(2) : "1.00";
    readout.replaceChildren(
      worded("bdi", tokens[query], "query"), " → ", worded("bdi", keyTokens[key], "key"), " ",
      worded("b", weight({ query, key }, now.head)), ` · this row sums to ${sum}`);
  }

  function speak({ query, key, head }) {
    const words = `Query ${query}, ${tokens[query]}; key ${key}, ${keyTokens[key]}; `
      + `weight ${weight({ query, key }, head)}`;
    tell(spoken, words);
  }

  function fillTable({ query, key, head }) {
    const line = (cell, ...texts) => {
      const row = document.createElement("tr");
      row.append(...texts.map((text) => worded(cell, text)));
      return row;
    };
    const table = document.createElement("table");
    const caption = document.createElement("caption");
    caption.append("Attention weights from ", worded("bdi", tokens[query], "query"));
    const lines = keyTokens.map((token, at) => line("td", token, weight({ query, key: at }, head)));
    lines[key].className = "key";
    table.append(caption, line("th", "Token", "Weight"), ...lines);
    row.replaceChildren(table);
  }

  function drawHeads() {
    heads.hidden = planes.length < 2;
    if (heads.shown !== plane_names.join()) {
      heads.shown = plane_names.join();
      heads.replaceChildren(...(heads.hidden ? [] : plane_names.map(headButton)));
    }
    const side = Math.max(30, Math.min(THUMBNAIL, Math.floor(width / THUMBNAILS) - 7));
    for (const [i, button] of [...heads.children].entries()) {
      const ink = fit(button.firstChild, side, side);
      const most = button.firstChild.width;
      ink.imageSmoothingEnabled = false;
      ink.drawImage(image(planes[i], [n, nKeys], [n, nKeys].map((all) => Math.min(all, most)), colours.pixels),
        0, 0, side, side);
    }
  }

  function headButton(name) {
    const button = worded("button", "");
    button.type = "button";
    button.tabIndex = -1;
    button.ariaLabel = `Head ${name}`;
    button.append(document.createElement("canvas"), worded("span", name));
    return button;
  }

  function pick({ query, key }, patience) {
    choose({ ...chosen(), query, key }, "heatmap");
    clearTimeout(sending);
    sending = setTimeout(() => setTriggerValue("pick", { query, key }), patience);
  }

  // held: it stays until the next choice, and can be tapped.
  function showLens(at, held) {
    if (frame.cell >= READABLE) return;
    const now = chosen();
    const zoom = magnify(frame, at, width);
    const ink = fit(lens, zoom.width, zoom.height);
    drawCells(ink, zoom, planes[now.head], colours);
    drawMarks(ink, zoom, { ...now, hover: at }, keys.special, colours);
    drawLabels(ink, zoom, 0, { ...now, hover: at }, special, colours);
    const x = frame.left + at.key * frame.cell, y = frame.top + at.query * frame.cell;
    lens.style.left = `${Math.min(Math.max(x - zoom.width / 2, 0), width - zoom.width)}px`;
    lens.style.top = `${y > frame.height / 2 ? y - zoom.height - 16 : y + frame.cell + 16}px`;
    lens.classList.toggle("held", held);
    lens.hidden = false;
    lens.frame = zoom;
  }

  function hideLens() {
    lens.hidden = true;
  }

  function cellAt(event, { first, count, left, top, cell }) {
    const query = Math.floor((event.offsetY - top) / cell), key = Math.floor((event.offsetX - left) / cell);
    const within = query >= 0 && key >= 0 && query < count[0] && key < count[1];
    return within ? { query: query + first[0], key: key + first[1] } : null;
  }

  function hoverOver(at) {
    if (at?.query === hover?.query && at?.key === hover?.key) return;
    hover = at;
    show();
    if (at) showLens(at, false);
    else hideLens();
  }

  function click(event, { frame: around, touched }) {
    const at = cellAt(event, around);
    if (!at) return hideLens();
    hover = null;
    pick(at, 0);
    if (touched) showLens(at, true);
  }

  function keydown(event) {
    if (isShortcut(event)) return;
    const { query, key } = chosen();
    const by = event.shiftKey ? 8 : 1;
    const to = {
      ArrowUp: [query - by, key], ArrowDown: [query + by, key],
      ArrowLeft: [query, key - by], ArrowRight: [query, key + by],
      PageUp: [query - 8, key], PageDown: [query + 8, key], Home: [query, 0], End: [query, nKeys - 1],
    }[event.key];
    if (event.key === "Escape") hideLens();
    if (!to) return;
    event.preventDefault();
    hover = null;
    const at = { query: inside(to[0], n), key: inside(to[1], nKeys) };
    pick(at, PATIENCE);
    showLens(at, false);
  }

  const on = (target, type, act) => target.addEventListener(type, act, { signal });
  // A touch that scrolls the page does not hover.
  on(marks, "pointermove", (event) => event.pointerType === "mouse" && hoverOver(cellAt(event, frame)));
  on(marks, "pointerleave", (event) => event.pointerType === "mouse" && hoverOver(null));
  on(marks, "click", (event) => click(event, { frame, touched: event.pointerType === "touch" }));
  on(lens, "click", (event) => click(event, { frame: lens.frame, touched: true }));
  on(picture, "keydown", keydown);
  on(picture, "blur", hideLens);
  on(details, "toggle", () => (details.open ? fillTable(chosen()) : row.replaceChildren()));
  on(heads, "click", (event) => {
    const head = [...heads.children].indexOf(event.target.closest("button"));
    if (head < 0) return;
    choose({ ...chosen(), head }, "heatmap");
    setTriggerValue("head", head);
  });
  rove(heads, signal);
  on(document, MOVED, () => {
    show();
    reveal();
    speak(chosen());
  });

  layOutAll();
  if (document.fonts.status === "loading") document.fonts.ready.then(() => signal.aborted || layOutAll());
  const resized = new ResizeObserver(() => root.clientWidth !== width && layOutAll());
  resized.observe(root);
  on(signal, "abort", () => resized.disconnect());
  return () => root.listening.abort();
}
