"""Checks of every API response in the tests against the OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import httpx

_PROBLEM = "application/problem+json"


class Contract:
    """The OpenAPI document, and the checks of responses against it."""

    _of_the_run: ClassVar["Contract | None"] = None

    @classmethod
    async def served_by(cls, http: httpx.AsyncClient) -> "Contract":
        """The contract of a process. All have the same one, so only the first of a run is asked: making it is slow."""
        if cls._of_the_run is None:
            document = await http.get("/openapi.json")
            if not document.is_success:
                # With DOCS_ENABLED=off there is none.
                return cls({"paths": {}})
            cls._of_the_run = cls(document.json())
        return cls._of_the_run

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._templates = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in document["paths"]
        ]

    async def check(self, response: httpx.Response) -> None:
        """Assert that an error is a problem object that is documented for the operation, and not a 500."""
        if response.status_code < 400 or response.request.method == "OPTIONS":
            return
        await response.aread()
        request = f"{response.request.method} {response.request.url.path}"
        assert response.status_code != 500, f"{request} crashed: {response.text}"
        operation = self.operation(response.request.method, response.request.url.path)
        if response.headers["content-type"] == "application/json" and response.request.url.path == "/ready":
            return
        assert response.headers["content-type"] == _PROBLEM, f"{request}: {response.text}"
        problem = response.json()
        assert {"type", "title", "status", "detail", "code"} <= problem.keys()
        assert problem["status"] == response.status_code
        if operation is not None:
            documented = dict(self.documented_codes(operation)).get(response.status_code, set())
            assert problem["code"] in documented, f"{request} does not document {response.status_code} {problem}"

    def operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        """The documented operation of a request, or None. The path may have the suffix .json."""
        path = re.sub(r"^(/users|/users/.*|/api/.*)\.json$", r"\1", path)
        matching = [template for pattern, template in self._templates if pattern.fullmatch(path)]
        # A literal path takes precedence over one with a parameter in the same place.
        for template in sorted(matching, key=lambda template: "{" in template):
            operation: Mapping[str, Any] | None = self.document["paths"][template].get(method.lower())
            return operation
        return None

    def operations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield f"{method.upper()} {path}", operation

    @staticmethod
    def documented_codes(operation: Mapping[str, Any]) -> Iterator[tuple[int, set[str]]]:
        """The documented problem codes of an operation, by status."""
        for status, response in operation["responses"].items():
            examples = response.get("content", {}).get(_PROBLEM, {}).get("examples", {})
            yield int(status), {example["value"]["code"] for example in examples.values()}
