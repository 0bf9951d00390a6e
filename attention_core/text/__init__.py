"""From text to tokens: the tokenizer, how its pieces read, and characters that do not show."""
