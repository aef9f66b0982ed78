"""Raw database queries are only in stores and repositories, so that a changed field affects few files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import mysms

ROOT = Path(mysms.__file__).parent
_JSON_SCHEMA = "$ref"

STORES = {
    "attachments/store.py",
    "changes/change.py",
    "changes/documents.py",
    "changes/log.py",
    "changes/upgrade.py",
    "contacts/repository.py",
    "core/batches.py",
    "core/database_diagnostics.py",
    "core/migrations/indexes.py",
    "core/migrations/lock.py",
    "core/migrations/outbound_fields.py",
    "core/migrations/runner.py",
    "core/rate_limit.py",
    "mail/queue.py",
    "messages/conversations.py",
    "messages/filter.py",
    "messages/flags.py",
    "messages/repository.py",
    "messages/search.py",
    "messages/totals.py",
    "messages/unread.py",
    "opt_outs/repository.py",
    "outbox/erasure.py",
    "outbox/locks.py",
    "outbox/metrics.py",
    "outbox/provider_message_ids.py",
    "outbox/state_writer.py",
    "outbox/store.py",
    "push/keys.py",
    "push/queue.py",
    "reconciliation/looks.py",
    "reconciliation/status_check_queue.py",
    "reconciliation/store.py",
    "users/repository.py",
}


def queries_in(tree: ast.AST) -> Iterator[int]:
    """The lines that contain an operator of MongoDB or access a collection."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if (
                    isinstance(key, ast.Constant)
                    and isinstance(key.value, str)
                    and key.value.startswith("$")
                    and key.value != _JSON_SCHEMA
                ):
                    yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr == "get_pymongo_collection":
            yield node.lineno
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "database":
            yield node.lineno


def test_queries_are_only_in_stores_and_repositories() -> None:
    found = {
        str(file.relative_to(ROOT)): sorted(set(queries_in(ast.parse(file.read_text())))) for file in ROOT.rglob("*.py")
    }
    assert {name for name, lines in found.items() if lines} == STORES
