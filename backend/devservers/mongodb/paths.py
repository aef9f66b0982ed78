"""Dotted paths through documents, walked as MongoDB walks them."""

from collections.abc import Iterator
from typing import Any

from devservers.mongodb.ordering import EMPTY_ARRAY, MISSING


def values_at(node: Any, parts: list[str]) -> Iterator[Any]:
    """What a filter looks at: every value the path leads to, or MISSING; an array at the end comes whole.

    On the way, an array stands for each document in it, and a number in the path also for the element there. An array
    without documents leads nowhere at all, which is why `{"a.b": null}` does not match `{a: []}`.
    """
    if not parts:
        yield node
    elif isinstance(node, dict):
        yield from values_at(node.get(parts[0], MISSING), parts[1:])
    elif isinstance(node, list):
        for position, element in enumerate(node):
            if isinstance(element, dict):
                yield from values_at(element, parts)
            if parts[0] == str(position) and (len(parts) == 1 or isinstance(element, dict | list)):
                yield from values_at(element, parts[1:])
    else:
        yield MISSING


def ordered_values_at(node: Any, parts: list[str]) -> list[Any]:
    """What an index or a sort looks at: as `values_at`, but an array at the end stands for its elements."""
    if not parts:
        return (node or [EMPTY_ARRAY]) if isinstance(node, list) else [node]
    if isinstance(node, dict):
        return ordered_values_at(node.get(parts[0], MISSING), parts[1:])
    if isinstance(node, list):
        found = [value for element in node if isinstance(element, dict) for value in ordered_values_at(element, parts)]
        return found or [MISSING]
    return [MISSING]


def passes_array(node: Any, parts: list[str]) -> bool:
    """Whether an array lies on the path or at its end."""
    for part in parts:
        if not isinstance(node, dict):
            break
        node = node.get(part, MISSING)
    return isinstance(node, list)
