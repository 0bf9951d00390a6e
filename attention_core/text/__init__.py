"""From text to tokens: the tokenizer, its pieces as readable text, and invisible characters."""
