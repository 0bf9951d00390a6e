// Gives a component the palette of Streamlit's current theme: the class "dark", and each colour as a custom property.
// The page has both palettes, see ui/shared/palette.py; components learn of a new theme before the server does.
function theme(root) {
  const style = getComputedStyle(root);
  const held = (name) => style.getPropertyValue(name).trim();
  // Every click draws again: properties that are set anew, though to the same colours, restyle every cell.
  const key = held("--st-background-color") + held("--palette");
  if (root.themeKey === key) return root.themeColours;
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = held("--st-background-color");
  const dark = luminance(probe.fillStyle) < 0.2;
  const colours = { dark, font: held("--st-code-font") || "monospace" };
  for (const name of held("--palette").split(" ")) {
    colours[name] = held(`--${dark ? "dark" : "light"}-${name}`);
    root.style.setProperty(`--${name}`, colours[name]);
  }
  root.classList.toggle("dark", dark);
  if (held("--palette")) root.themeKey = key;
  return (root.themeColours = colours);
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function luminance(hex) {
  const [red, green, blue] = channels(hex).map((value) =>
    value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
