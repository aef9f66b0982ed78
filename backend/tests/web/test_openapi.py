"""The OpenAPI document. tests/support/contract.py checks that it contains every error response of the tests."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.servers import Api

EXPECTED = {
    "POST /users",
    "POST /users/sign_in",
    "POST /users/token",
    "DELETE /users/sign_out",
    "GET /users",
    "GET /api/messages",
    "POST /api/messages",
    "GET /api/messages/{message_id}",
    "GET /api/events",
    "POST /api/twilio/status_callback",
    "GET /up",
    "GET /ready",
    "GET /metrics",
}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from references(child)


async def test_every_expected_operation_is_documented(api: Api) -> None:
    assert {name for name, _ in api.contract.operations()} >= EXPECTED


async def test_every_operation_is_described(api: Api) -> None:
    for name, operation in api.contract.operations():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert operation["operationId"], name


async def test_operation_names_are_unique(api: Api) -> None:
    names = [operation["operationId"] for _, operation in api.contract.operations()]
    assert len(names) == len(set(names))


async def test_every_reference_resolves(api: Api) -> None:
    document = api.contract.document
    for reference in set(references(document)):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


async def test_every_field_of_a_request_has_an_example(api: Api) -> None:
    schemas = api.contract.document["components"]["schemas"]
    for name in ("Registration", "Credentials", "MessageCreate"):
        for field, schema in schemas[name]["properties"].items():
            assert schema["examples"], f"{name}.{field}"


async def test_every_error_is_a_problem_with_an_example(api: Api) -> None:
    for name, operation in api.contract.operations():
        for status, response in operation["responses"].items():
            if status < "400" or name == "GET /ready":
                continue
            assert response["content"].keys() == {"application/problem+json"}, f"{name} {status}"
            content = response["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            for code, example in content["examples"].items():
                problem = example["value"]
                assert (problem["code"], problem["status"]) == (code, int(status)), name
                assert {"type", "title", "detail"} <= problem.keys()


async def test_operations_that_require_a_session_declare_it(api: Api) -> None:
    for name, operation in api.contract.operations():
        needs_session = 401 in dict(api.contract.documented_codes(operation)) and "security" in operation
        assert needs_session == ("security" in operation), name
        public = {"POST /users", "POST /users/sign_in", "POST /users/token"}
        public |= {"POST /api/twilio/status_callback", "POST /api/twilio/inbound"}
        public |= {"GET /api/twilio/media/{attachment_id}/{expires}/{signature}"}
        public |= {"GET /users/sign_up", "GET /up", "GET /ready", "GET /metrics"}
        public |= {f"{method} /users/password_reset" for method in ("GET", "POST", "PUT")}
        assert ("security" in operation) == (name not in public), name


async def test_headers_of_the_list_are_documented(api: Api) -> None:
    answers = api.contract.document["paths"]["/api/messages"]["get"]["responses"]
    assert {"ETag", "Link", "X-Total-Count"} <= answers["200"]["headers"].keys()
    assert "304" in answers


async def test_the_document_contains_no_internal_fields(api: Api) -> None:
    text = json.dumps(api.contract.document)
    assert "password_hash" not in text
    assert "request_hash" not in text
    assert "HTTPValidationError" not in text
