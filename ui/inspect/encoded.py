"""What the Inspect page has encoded for the browser, shared by all visitors of the server."""

from attention_core.bounded_cache import BoundedCache

ENCODED = BoundedCache[bytes](max_bytes=64 << 20, size=len)
"""The heatmaps and the arithmetic that were shown last: a class looks at the same ones."""
