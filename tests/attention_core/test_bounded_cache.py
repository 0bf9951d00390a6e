"""A cache bounded in bytes keeps what was used last."""

from attention_core.bounded_cache import BoundedCache


def test_the_values_that_were_used_last_are_kept():
    cache, computed = BoundedCache(3, len), []

    def get(key: str, size: int = 1) -> bytes:
        return cache.get(key, lambda: computed.append(key) or bytes(size))

    first = get("a")
    for key in ("b", "c", "a", "d", "a"):
        get(key)
    assert computed == ["a", "b", "c", "d"]
    assert get("a") is first
    get("b")
    assert computed == ["a", "b", "c", "d", "b"]
    get("too large", size=4)
    get("a")
    assert computed[5:] == ["too large"]
