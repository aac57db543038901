"""How the command line tells what a server refused."""

import httpx
import pytest

from infra.cli.client import told

FIELD = {"pointer": "/form", "code": "unknown-form", "detail": "the study has no such form"}
PROBLEM = {"type": "urn:induct:problem:invalid-content", "title": "It does not fit", "status": 422}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (PROBLEM, "422 It does not fit (invalid-content)"),
        (PROBLEM | {"detail": "Look."}, "422 It does not fit: Look. (invalid-content)"),
        (
            PROBLEM | {"errors": [FIELD]},
            f"422 It does not fit (invalid-content)\n  /form: unknown-form: {FIELD['detail']}",
        ),
    ],
)
def test_a_problem_is_told_in_words_with_a_line_for_each_error(
    body: dict[str, object], words: str
) -> None:
    assert told(httpx.Response(422, json=body)) == words


@pytest.mark.parametrize("text", ["Bad gateway", '"no object"', "[]", "{}", '{"title": null}'])
def test_what_is_no_problem_is_told_as_it_came(text: str) -> None:
    assert told(httpx.Response(502, text=text)) == f"502 {text}"
