const SPECIAL = 1, JOINED = 2, UNKNOWN = 4;

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const [strip, keyStrip] = parentElement.querySelectorAll(".strip");
  strip.listening?.abort();
  const listening = (strip.listening = new AbortController());
  const { signal } = listening;
  // Queries and keys have a row each where they are different tokens, else they share one.
  const queries = { root: strip, roles: data.keys ? ["query"] : ["query", "key"], ...data };
  const keys = data.keys ? { root: keyStrip, roles: ["key"], ...data.keys } : queries;
  const rows = data.keys ? [queries, keys] : [queries];
  const lasts = { query: queries.labels.length - 1, key: keys.labels.length - 1 };

  function chip({ pieces, flags }, label, index) {
    const button = document.createElement("button");
    button.type = "button";
    button.dir = "auto";
    button.textContent = label;
    button.tabIndex = -1;
    button.classList.toggle("special", flags[index] & SPECIAL);
    button.classList.toggle("joined", flags[index] & JOINED);
    button.classList.toggle("unknown", flags[index] & UNKNOWN);
    if (pieces[index] !== null) button.title = `In the vocabulary: ${pieces[index]}`;
    return button;
  }

  const within = (wanted) => ({ ...wanted,
    query: Math.min(wanted.query, lasts.query), key: Math.min(wanted.key, lasts.key) });

  function mark(wanted) {
    const chosen = within(wanted);
    for (const row of rows) {
      const { root, roles } = row;
      const places = roles.map((role) => chosen[role]);
      for (const index of new Set([...row.marked, ...places])) {
        const button = root.children[index];
        const held = roles.filter((role) => chosen[role] === index);
        for (const role of ["query", "key"]) button.classList.toggle(role, held.includes(role));
        button.ariaPressed = String(held.length > 0);
        button.ariaLabel = [name(row, index), held.join(" and ")].filter(Boolean).join(", ");
      }
      row.marked = places;
      if (!root.contains(root.getRootNode().activeElement)) makeTabStop(root, root.children[places[0]]);
      if (root.revealed !== places[0]) reveal(root, root.children[places[0]]);
      root.revealed = places[0];
    }
  }

  const name = ({ labels, flags }, index) => `${labels[index]}, token ${index}`
    + (flags[index] & SPECIAL ? ", special" : "")
    + (flags[index] & UNKNOWN ? ", not in the vocabulary" : "");

  // scrollIntoView would scroll the page as well.
  function reveal(root, button) {
    const top = button.offsetTop, bottom = top + button.offsetHeight;
    if (top < root.scrollTop) root.scrollTop = top - 4;
    if (bottom > root.scrollTop + root.clientHeight) root.scrollTop = bottom + 4 - root.clientHeight;
  }

  function pick({ root, roles }, event) {
    const index = [...root.children].indexOf(event.target);
    if (index < 0) return;
    makeTabStop(root, event.target);
    const role = roles.length === 1 ? roles[0] : event.shiftKey || strip.choosesKey ? "key" : "query";
    const wanted = within({ ...selection(), [role]: index });
    choose(wanted, "strip");
    setTriggerValue("pick", { query: wanted.query, key: wanted.key });
  }

  for (const row of rows) {
    const { root, labels, pieces, flags } = row;
    theme(root);
    const shown = JSON.stringify([labels, pieces, flags]);
    if (root.shown !== shown) {
      root.shown = shown;
      root.revealed = null;
      root.replaceChildren(...labels.map((label, index) => chip(row, label, index)));
      row.marked = labels.keys();
    } else {
      row.marked = [...root.querySelectorAll(".query, .key")].map((button) => [...root.children].indexOf(button));
    }
    rove(root, signal);
    root.addEventListener("click", (event) => pick(row, event), { signal });
    root.addEventListener("keydown", (event) => {
      if (isShortcut(event) || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      pick(row, event);
    }, { signal });
  }
  strip.ariaLabel = data.keys ? "Query tokens" : "Tokens";
  strip.dataset.role = data.keys ? "queries" : "";
  keyStrip.ariaLabel = "Key tokens";
  keyStrip.dataset.role = "keys";
  keyStrip.hidden = !data.keys;
  if (!data.keys) {
    keyStrip.shown = null;
    keyStrip.replaceChildren();
  }
  // There is no Shift on a touch screen.
  const mode = parentElement.querySelector(".mode");
  mode.hidden = Boolean(data.keys);
  mode.onclick = () => {
    strip.choosesKey = !strip.choosesKey;
    mode.ariaPressed = String(strip.choosesKey);
    mode.textContent = `Tap selects the ${strip.choosesKey ? "key" : "query"}`;
  };
  document.addEventListener(MOVED, (event) => mark(event.detail), { signal });

  mark(selection());
  // A new theme calls this function too, without new data.
  if (strip.held !== data) {
    strip.held = data;
    echo(data);
  }
  return () => strip.listening.abort();
}
