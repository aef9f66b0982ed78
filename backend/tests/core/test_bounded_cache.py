"""Caches of limited size."""

from mysms.core.bounded_cache import BoundedCache


def test_the_values_added_last_are_kept() -> None:
    cache: BoundedCache[int, str] = BoundedCache(2)
    for key in (1, 2, 3):
        cache.add(key, str(key))
    assert [cache.get(key) for key in (1, 2, 3)] == [None, "2", "3"]
    cache.add(2, "two")
    cache.add(4, "4")
    assert [cache.get(key) for key in (2, 3, 4)] == ["two", None, "4"]
    cache.discard(2)
    cache.discard(2)
    cache.add(5, "5")
    assert [cache.get(key) for key in (2, 4, 5)] == [None, "4", "5"]
    cache.clear()
    assert cache.get(5) is None
