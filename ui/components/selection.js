// The selection of the page: the query token, the key token, and the shown plane (head).
// It is kept as "query,key,head" in <html data-attention-selection>; a change dispatches an event on the document.

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

// The server's answer to an earlier choice must not undo a later one that it has not received yet.
function echo(held) {
  const value = [held.query, held.key, held.head].join();
  const recent = pending.filter((choice) => performance.now() - choice.at < 2000);
  const known = recent.findIndex((choice) => choice.value === value);
  pending.splice(0, Infinity, ...(known < 0 ? [] : recent.slice(known + 1)));
  if (!pending.length) publish(held, "server");
}

// Keys with Ctrl, Alt or Command are the browser's shortcuts.
const isShortcut = (event) => event.ctrlKey || event.altKey || event.metaKey;

// A row of buttons is one tab stop; the arrow keys move within it.
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
