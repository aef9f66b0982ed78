"""Explanations of error codes."""

import pytest

from mysms.messages.error_catalog import _EXPLANATIONS, explain


@pytest.mark.parametrize("code", [99999, 21999, 63016, 30008, 30410])
def test_an_unknown_code_is_explained_as_unknown(code: int) -> None:
    explanation = explain(code)
    assert explanation is not None
    assert explanation.retryable is None


@pytest.mark.parametrize(
    ("code", "retryable"),
    [(21635, False), (21705, False), (30006, False), (30023, True), (30450, True), (30022, True), ("expired", True)],
)
def test_a_known_code_says_whether_a_retry_can_help(code: int, retryable: bool) -> None:
    explanation = explain(code)
    assert explanation is not None
    assert explanation.retryable is retryable


def test_every_explanation_consists_of_sentences() -> None:
    for code, explanation in _EXPLANATIONS.items():
        for sentence in (explanation.cause, explanation.advice):
            assert sentence[0].isupper(), code
            assert sentence.endswith("."), code


def test_without_a_code_there_is_no_explanation() -> None:
    assert explain(None) is None
