"""Models declared stage by stage from their traits: attention, block, experts, embedding and unembedding, patches."""
