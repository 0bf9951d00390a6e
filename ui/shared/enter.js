{
  // Enter shows the text, as in a box of one line, and Shift+Enter starts a new line; Streamlit waits for Ctrl+Enter.
  if (!window.attentionLabEnter) {
    window.attentionLabEnter = true;
    document.addEventListener("keydown", (event) => {
      const { target, key, keyCode, isComposing, shiftKey, ctrlKey, metaKey, altKey } = event;
      if (key !== "Enter" || keyCode === 229 || isComposing || shiftKey || ctrlKey || metaKey || altKey) return;
      if (!target.matches?.(".stTextArea textarea")) return;
      event.preventDefault();
      event.stopPropagation();
      target.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true }));
    }, true);
  }
}
