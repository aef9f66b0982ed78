"""Traversal of dotted paths, as MongoDB does it."""

from collections.abc import Iterator
from typing import Any

from devservers.mongodb.ordering import EMPTY_ARRAY, MISSING


def values_at(node: Any, parts: list[str]) -> Iterator[Any]:
    """The values of a path for a filter: every value at the path, or MISSING. An array at the end is one value.

    Within the path, an array is traversed into each of its documents, and a number also selects the element at that
    position. An array without documents yields no value, so `{"a.b": null}` does not match `{a: []}`.
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


def index_values_at(node: Any, parts: list[str]) -> list[Any]:
    """The values of a path for an index or a sort: like `values_at`, but an array at the end yields its elements."""
    if not parts:
        return (node or [EMPTY_ARRAY]) if isinstance(node, list) else [node]
    if isinstance(node, dict):
        return index_values_at(node.get(parts[0], MISSING), parts[1:])
    if isinstance(node, list):
        found = [value for element in node if isinstance(element, dict) for value in index_values_at(element, parts)]
        return found or [MISSING]
    return [MISSING]


def contains_array(node: Any, parts: list[str]) -> bool:
    """Whether there is an array within the path or at its end."""
    for part in parts:
        if not isinstance(node, dict):
            break
        node = node.get(part, MISSING)
    return isinstance(node, list)
