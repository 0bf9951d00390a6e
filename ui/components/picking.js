// Shared by the components in which a query and a key are chosen.

const PATIENCE = 80; // milliseconds without another arrow key before the server is told

// The header of a message packed by Python, and where its body starts.
function unwrap(bytes) {
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(4, start))), start };
}

const inside = (at, stop) => Math.min(Math.max(at, 0), stop - 1);

const worded = (tag, textContent, className = "") => element(tag, { textContent, className });

// Text that is set again would be read aloud again.
function tell(spoken, words) {
  if (spoken.textContent !== words) spoken.textContent = words;
}
