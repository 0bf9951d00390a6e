// What the pictures in which a pair of tokens is chosen have in common.

const PATIENCE = 80; // milliseconds in which the arrow keys may move on before the server hears of it

// The header of a message that Python has packed, and where the rest begins.
function unwrap(bytes) {
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(4, start))), start };
}

const inside = (at, stop) => Math.min(Math.max(at, 0), stop - 1);

const worded = (tag, textContent, className = "") => element(tag, { textContent, className });

// A screen reader is told once: what is put there again would be spoken again.
function tell(spoken, words) {
  if (spoken.textContent !== words) spoken.textContent = words;
}
