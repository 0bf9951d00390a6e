"""GGUF files, the format of llama.cpp: header, quantized tensors, configuration and tokenizer, all in one file."""
