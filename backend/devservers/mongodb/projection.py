"""Projections that include or exclude (dotted) fields. Other kinds of projections are not supported."""

from collections.abc import Mapping
from typing import Any

from bson.raw_bson import RawBSONDocument

from devservers.mongodb.documents import Document, decode, encode
from devservers.mongodb.errors import Code, CommandError, not_implemented

# The fields of a projection as a tree; a leaf is an empty dict.
Tree = dict[str, "Tree"]


class Projection:
    """A parsed projection. An empty one returns documents unchanged."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        flags = {path: _flag(path, value) for path, value in spec.items()}
        keeps_id = flags.pop("_id", None)
        self._includes = next(iter(flags.values()), bool(keeps_id))
        if any(flag != self._includes for flag in flags.values()):
            code = Code.Location31254 if self._includes else Code.Location31253
            raise CommandError(code, "Cannot mix inclusion and exclusion of fields in one projection")
        self._is_empty = not spec
        self._tree: Tree = {}
        if self._includes if keeps_id is None else keeps_id == self._includes:
            flags = {"_id": self._includes, **flags}
        for path in flags:
            _add(self._tree, path)

    def apply(self, document: Document) -> Document:
        """The projected document. The given document is not mutated."""
        if self._is_empty:
            return document
        projected: Document = (_include if self._includes else _exclude)(document, self._tree)
        return projected

    def apply_to_bson(self, data: bytes) -> RawBSONDocument:
        """The projected document, for use in a reply without encoding it again."""
        return RawBSONDocument(data if self._is_empty else encode(self.apply(decode(data))))


def _flag(path: str, value: Any) -> bool:
    if not isinstance(value, bool | int | float):
        raise not_implemented(f"computed fields in a projection, as in '{path}'")
    if not all(part and not part.startswith("$") for part in path.split(".")):
        raise not_implemented(f"the projection of '{path}'")
    return bool(value)


def _add(tree: Tree, path: str) -> None:
    *parents, last = path.split(".")
    node = tree
    for part in parents:
        is_new = part not in node
        node = node.setdefault(part, {})
        if not is_new and not node:
            raise CommandError(Code.Location31249, f"Path collision at {path}")
    if last in node:
        raise CommandError(Code.Location31250, f"Path collision at {path}")
    node[last] = {}


def _include(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_include(element, tree) for element in value if isinstance(element, dict | list)]
    return {
        name: _include(child, tree[name]) if tree[name] else child
        for name, child in value.items()
        if name in tree and (not tree[name] or isinstance(child, dict | list))
    }


def _exclude(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_exclude(element, tree) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _exclude(child, tree[name]) if name in tree else child
        for name, child in value.items()
        if name not in tree or tree[name]
    }
