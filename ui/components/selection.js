// The selection of the page: which token asks (query), which answers (key), which plane is shown (head).
// It is kept as "query,key,head" in <html data-attention-selection>; whoever moves it tells the document.

const MOVED = "attention-lab:selection";
const page = document.documentElement;
const pending = (document.attentionLabPending ??= []);

function selection() {
  const [query, key, head] = (page.dataset.attentionSelection ?? "0,0,0").split(",").map(Number);
  return { query, key, head };
}

function publish({ query, key, head }, source) {
  page.dataset.attentionSelection = [query, key, head].join();
  document.dispatchEvent(new CustomEvent(MOVED, { detail: { query, key, head, source } }));
}

function choose(wanted, source) {
  pending.push({ value: [wanted.query, wanted.key, wanted.head].join(), at: performance.now() });
  publish(wanted, source);
}

// The server's answer to an earlier choice must not undo a later one that it has not heard of yet.
function echo(held) {
  const value = [held.query, held.key, held.head].join();
  const recent = pending.filter((choice) => performance.now() - choice.at < 2000);
  const known = recent.findIndex((choice) => choice.value === value);
  pending.splice(0, Infinity, ...(known < 0 ? [] : recent.slice(known + 1)));
  if (!pending.length) publish(held, "server");
}

// Reads Streamlit's theme and writes this application's colours onto the component.
function theme(root) {
  const style = getComputedStyle(root);
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = style.getPropertyValue("--st-background-color").trim() || "#ffffff";
  const dark = luminance(probe.fillStyle) < 0.2;
  const colours = dark
    ? { query: "#56b4e9", key: "#f08a4b", muted: "#8f9bab", line: "#2a3542", panel: "#161d26" }
    : { query: "#0072b2", key: "#c2410c", muted: "#5f6b7a", line: "#e3e8ee", panel: "#f7f9fb" };
  colours.background = probe.fillStyle;
  colours.ink = style.getPropertyValue("--st-text-color").trim() || (dark ? "#e8edf3" : "#1b2430");
  for (const [name, value] of Object.entries(colours)) root.style.setProperty(`--${name}`, value);
  return { ...colours, dark, font: style.getPropertyValue("--st-code-font").trim() || "monospace" };
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function luminance(hex) {
  const [red, green, blue] = channels(hex).map((value) =>
    value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// A key with Ctrl, Alt or Command belongs to the browser.
const isShortcut = (event) => event.ctrlKey || event.altKey || event.metaKey;

// One tab stop for a row of buttons; the arrow keys go from one to the next.
function rove(toolbar, signal) {
  toolbar.addEventListener("keydown", (event) => {
    if (isShortcut(event)) return;
    const items = [...toolbar.children];
    const at = items.indexOf(event.target);
    const moves = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1 };
    const to = { ...moves, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (items[to]) makeTabStop(toolbar, items[to]).focus();
  }, { signal });
}

function makeTabStop(toolbar, item) {
  for (const other of toolbar.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  item.tabIndex = 0;
  return item;
}
