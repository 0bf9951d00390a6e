// The server draws the SVG after a button is pressed; `order.count` tells a new drawing from an old one.

function save(url, name) {
  const link = Object.assign(document.createElement("a"), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

function paint(svg, name) {
  const source = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }))
  const image = new Image()
  image.onload = () => {
    const canvas = document.createElement("canvas")
    // Twice the size, to be sharp on a projector and in print.
    canvas.width = 2 * image.naturalWidth
    canvas.height = 2 * image.naturalHeight
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
    canvas.toBlob((blob) => save(URL.createObjectURL(blob), `${name}.png`))
    URL.revokeObjectURL(source)
  }
  image.src = source
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const buttons = ["svg", "png"].map((form) => {
    const button = Object.assign(document.createElement("button"), {
      type: "button", textContent: form.toUpperCase(), ariaLabel: `Save the ${data.label} as ${form.toUpperCase()}`,
    })
    button.style.cssText = "font:inherit;font-size:14px;color:inherit;background:none;cursor:pointer;" +
      "border:1px solid var(--st-border-color);border-radius:6px;padding:3px 12px;margin-left:8px"
    button.onclick = () => setTriggerValue("want", form)
    return button
  })
  const label = Object.assign(document.createElement("span"), { textContent: data.label })
  const row = document.createElement("div")
  row.style.cssText = "color:var(--st-text-color);font:14px var(--st-font);display:flex;align-items:center"
  label.style.cssText = "flex:1"
  row.append(label, ...buttons)
  parentElement.replaceChildren(row)
  if (data.order && data.order.count !== parentElement.saved) {
    parentElement.saved = data.order.count
    if (data.order.form === "png") paint(data.svg, data.name)
    else save(URL.createObjectURL(new Blob([data.svg], { type: "image/svg+xml" })), `${data.name}.svg`)
  }
}
