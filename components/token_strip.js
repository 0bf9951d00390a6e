const SPECIAL = 1, JOINED = 2, UNKNOWN = 4;

export default function ({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  strip.listening?.abort();
  const listening = (strip.listening = new AbortController());
  const { signal } = listening;
  const { labels, pieces, flags } = data;
  const last = labels.length - 1;
  let marked = [];

  function chip(label, index) {
    const button = document.createElement("button");
    button.type = "button";
    button.dir = "auto";
    button.textContent = label;
    button.tabIndex = -1;
    button.classList.toggle("special", flags[index] & SPECIAL);
    button.classList.toggle("joined", flags[index] & JOINED);
    button.classList.toggle("unknown", flags[index] & UNKNOWN);
    if (pieces[index] !== null) button.title = `The model reads ${pieces[index]}`;
    return button;
  }

  function mark({ query, key }) {
    [query, key] = [Math.min(query, last), Math.min(key, last)];
    for (const index of new Set([...marked, query, key])) {
      const button = strip.children[index];
      const roles = [index === query && "asks", index === key && "answers"].filter(Boolean);
      button.classList.toggle("query", index === query);
      button.classList.toggle("key", index === key);
      button.ariaPressed = String(roles.length > 0);
      button.ariaLabel = name(index) + (roles.length ? `, ${roles.join(" and ")}` : "");
    }
    marked = [query, key];
    if (!strip.contains(strip.getRootNode().activeElement)) makeTabStop(strip, strip.children[query]);
    if (strip.revealed !== query) reveal(strip.children[query]);
    strip.revealed = query;
  }

  const name = (index) => `${labels[index]}, token ${index}`
    + (flags[index] & SPECIAL ? ", special" : "")
    + (flags[index] & UNKNOWN ? ", not in the vocabulary" : "");

  // scrollIntoView would scroll the page as well.
  function reveal(button) {
    const top = button.offsetTop, bottom = top + button.offsetHeight;
    if (top < strip.scrollTop) strip.scrollTop = top - 4;
    if (bottom > strip.scrollTop + strip.clientHeight) strip.scrollTop = bottom + 4 - strip.clientHeight;
  }

  function pick(event) {
    const index = [...strip.children].indexOf(event.target);
    if (index < 0) return;
    makeTabStop(strip, event.target);
    const wanted = { ...selection(), [event.shiftKey || strip.answering ? "key" : "query"]: index };
    wanted.query = Math.min(wanted.query, last);
    wanted.key = Math.min(wanted.key, last);
    choose(wanted, "strip");
    setTriggerValue("pick", { query: wanted.query, key: wanted.key });
  }

  theme(strip);
  const shown = JSON.stringify([labels, pieces, flags]);
  if (strip.shown !== shown) {
    strip.shown = shown;
    strip.revealed = null;
    strip.replaceChildren(...labels.map(chip));
    marked = labels.keys();
  } else {
    marked = [...strip.querySelectorAll(".query, .key")].map((button) => [...strip.children].indexOf(button));
  }
  rove(strip, signal);
  // There is no Shift on a touch screen.
  const mode = parentElement.querySelector(".mode");
  mode.onclick = () => {
    strip.answering = !strip.answering;
    mode.ariaPressed = String(strip.answering);
    mode.textContent = `Tap chooses who ${strip.answering ? "answers" : "asks"}`;
  };
  strip.addEventListener("click", pick, { signal });
  strip.addEventListener("keydown", (event) => {
    if (isShortcut(event) || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    pick(event);
  }, { signal });
  document.addEventListener(MOVED, (event) => mark(event.detail), { signal });

  mark(selection());
  // A new theme calls this function too, with nothing new from the server.
  if (strip.held !== data) {
    strip.held = data;
    echo(data);
  }
  return () => strip.listening.abort();
}
