"""Words that must go, by two persons, from the commands through the function to the database."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from shared.database.idempotency import content_hash
from shared.identity.issuer import Issuer, SignatureRequest
from tests.infra.aws.function import Lambda
from tests.infra.database.redaction_world import NAME, STUDY, write_name
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

WHY = ("--why", "The subject's name, in free text")


def run(step: str, *words: str) -> Result:
    words = ("redaction", "--stage", "live", step, "--study", STUDY, *words)
    return CliRunner().invoke(app, ["ops", *words])


def sign(issuer: Issuer, role: str, meaning: str, file: Path) -> tuple[str, str]:
    said = SignatureRequest(
        client=f"{role}-1", name="Ada", role=role, meaning=meaning, studies=[STUDY], sites=["*"],
        content_sha256=content_hash(json.loads(file.read_text())),
    )  # fmt: skip
    return "--signature", issuer.signature(said)


@pytest.mark.proves("C09", kind="positive")
def test_two_persons_take_words_out_of_the_trail_of_a_deployment(
    function: Lambda,
    client_for: Callable[[str], ApiClient],
    database: TestDatabase,
    issuer: Issuer,
    log_lines: io.StringIO,
    tmp_path: Path,
) -> None:
    written = write_name(client_for, database)
    written.correct()
    words, first, second = (tmp_path / name for name in ("words.txt", "first.json", "second.json"))
    words.write_text(NAME, encoding="utf-8")
    about = (
        "--table", "assessments.item", "--key", written.key, "--field", "indication",
        "--category", "identifying-text", "--words", str(words), *WHY,
    )  # fmt: skip
    assert run("request", *about, "--out", str(first)).exit_code == 0
    asked = run("request", *about, *sign(issuer, "data_manager", "redaction-requested", first))
    assert asked.output.startswith("Request 1 waits for another person")
    one = ("--number", "1")
    assert run("show", *one, "--out", str(second)).exit_code == 0
    wrong = run("approve", *one, *WHY, *sign(issuer, "sponsor", "redaction-approved", first))
    assert "Another content was signed" in str(wrong.exception)
    unfit = run("approve", *one, *WHY, *sign(issuer, "auditor", "redaction-approved", second))
    assert unfit.exit_code != 0
    done = run("approve", *one, *WHY, *sign(issuer, "sponsor", "redaction-approved", second))
    assert done.output.startswith("Redaction 1 is done")
    assert "approved" in run("list").output
    assert written.faults() == []
    told = log_lines.getvalue() + b"".join(function.answered).decode()
    assert NAME not in told
    assert "Jája" not in told
