// Creates an element with properties and children.
function element(tag, properties = {}, children = []) {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

const decoded = (bytes) => JSON.parse(new TextDecoder().decode(bytes))
