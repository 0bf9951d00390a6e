"""Trained tensors, from a file's header to the arrays of a layer, in memory or streamed from disk."""
