"""``induct sign``: a signature, or what is wrong with the words."""

import json
from pathlib import Path

import jwt
import pytest

from shared.database.idempotency import content_hash
from tests.infra.cli.test_commands import induct

WORDS = (
    "sign", "--role", "investigator", "--site", "S01", "--study", "NCT05748171",
    "--meaning", "eligible-and-randomize",
)  # fmt: skip


def test_a_signature_names_the_signer_and_is_bound_to_a_body(tmp_path: Path) -> None:
    body = {"subject": "S01-001", "site": "S01"}
    (tmp_path / "body.json").write_text(json.dumps(body, indent=2))
    more = ("--name", "Eva Novak", "--client", "eva", "--body", str(tmp_path / "body.json"))
    code, printed, error = induct(*WORDS, *more, home=tmp_path)
    assert (code, error) == (0, "")
    claims = jwt.decode(printed.strip(), options={"verify_signature": False})
    assert (claims["sub"], claims["name"], claims["role"]) == ("eva", "Eva Novak", "investigator")
    assert (claims["token_use"], claims["meaning"]) == ("signature", "eligible-and-randomize")
    assert claims["content_sha256"] == content_hash(body)
    assert claims["exp"] - claims["auth_time"] == 300


def test_help_tells_a_stranger_what_it_is_for(tmp_path: Path) -> None:
    code, said, _ = induct("sign", "--help", home=tmp_path)
    assert code == 0
    for words in ("Induct-Signature", "five minutes", "--meaning", "--body", "Idempotency-Key"):
        assert words in said


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"--role": "boss"}, "There is no role 'boss'"),
        ({"--role": "coordinator"}, "Who does: investigator"),
        ({"--meaning": "hello"}, "Meanings: "),
        ({"--study": ""}, "--study NCT05748171"),
        ({"--site": ""}, "--site S01"),
        ({"--site": "*"}, "cannot be signed"),
        ({"--body": "nowhere.json"}, "There is no file"),
        ({"--body": "pyproject.toml"}, "not JSON"),
    ],
)
def test_a_wrong_word_is_answered_with_what_would_be_right(
    tmp_path: Path, changed: dict[str, str], hint: str
) -> None:
    options = dict(zip(WORDS[1::2], WORDS[2::2], strict=True)) | changed
    words = [word for option, value in options.items() if value for word in (option, value)]
    code, _, error = induct("sign", *words, home=tmp_path)
    assert code == 1
    assert error.startswith("error: ")
    assert hint in error
    assert "Traceback" not in error
