"""The API's errors, and their description in the OpenAPI document."""

from http import HTTPStatus

from mysms.core.errors import InvalidFieldsError, NotFoundError, error_responses, problem_body


def test_a_problem_has_five_members_and_those_of_its_error() -> None:
    assert problem_body(InvalidFieldsError({"email": ["is invalid"]})) == {
        "type": "about:blank",
        "title": HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
        "status": 422,
        "detail": "Some fields need your attention.",
        "code": "invalid_fields",
        "errors": {"email": ["is invalid"]},
    }


def test_a_specific_detail_replaces_the_default() -> None:
    assert problem_body(NotFoundError("There is no such message."))["detail"] == "There is no such message."
    assert problem_body(NotFoundError())["detail"] == NotFoundError.example


def test_errors_with_the_same_status_are_documented_together() -> None:
    responses = error_responses(NotFoundError("a"), InvalidFieldsError({}), NotFoundError("b"))
    assert responses.keys() == {404, 422}
    examples = responses[404]["content"]["application/problem+json"]["examples"]
    assert examples["not_found"]["value"]["status"] == 404
