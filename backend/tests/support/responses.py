"""Assertions about error responses."""

import httpx

from tests.support.api_user import Json


def problem_of(response: httpx.Response, status: int, code: str) -> Json:
    """Assert that the response is a problem with this status and code, and return it."""
    assert response.status_code == status, response.text
    problem: Json = response.json()
    assert problem["code"] == code
    return problem


def field_errors(response: httpx.Response) -> dict[str, list[str]]:
    """Assert that the response is a 422 for invalid fields, and return the errors by field."""
    errors: dict[str, list[str]] = problem_of(response, 422, "invalid_fields")["errors"]
    return errors
