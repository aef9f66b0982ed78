"""The family of errors, and how the OpenAPI document describes it."""

from http import HTTPStatus

from mysms.core.errors import InvalidFieldsError, NotFoundError, error_responses, problem_body


def test_a_problem_has_its_five_members_and_what_the_error_adds() -> None:
    assert problem_body(InvalidFieldsError({"email": ["is invalid"]})) == {
        "type": "about:blank",
        "title": HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
        "status": 422,
        "detail": "Some fields need your attention.",
        "code": "invalid_fields",
        "errors": {"email": ["is invalid"]},
    }


def test_the_sentence_of_the_occasion_is_preferred_to_the_typical_one() -> None:
    assert problem_body(NotFoundError("There is no such message."))["detail"] == "There is no such message."
    assert problem_body(NotFoundError())["detail"] == NotFoundError.example


def test_errors_of_one_status_are_documented_side_by_side() -> None:
    responses = error_responses(NotFoundError("a"), InvalidFieldsError({}), NotFoundError("b"))
    assert responses.keys() == {404, 422}
    examples = responses[404]["content"]["application/problem+json"]["examples"]
    assert examples["not_found"]["value"]["status"] == 404
