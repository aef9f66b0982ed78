"""What tests ask of answers."""

import httpx

from tests.support.person import Json


def problem_of(response: httpx.Response, status: int, code: str) -> Json:
    """The problem object of an error answer with this status and code."""
    assert response.status_code == status, response.text
    problem: Json = response.json()
    assert problem["code"] == code
    return problem


def field_errors(response: httpx.Response) -> dict[str, list[str]]:
    """What an answer says is wrong with which field."""
    errors: dict[str, list[str]] = problem_of(response, 422, "invalid_fields")["errors"]
    return errors
