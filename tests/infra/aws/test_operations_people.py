"""Rights and reviews of a deployment, from the command through the function to its database."""

import io
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.aws import asked, operations
from infra.cli.console import Refused
from infra.cli.main import app
from infra.database.review import KEPT
from shared.identity.issuer import Issuer, SignatureRequest
from tests.infra.aws.function import Lambda
from tests.infra.database.sightings import STUDY, seen
from tests.support.database import TestDatabase


@pytest.fixture
def other(tmp_path: Path) -> Issuer:
    """An issuer that nobody asked."""
    return Issuer("http://issuer.test", "induct", tmp_path / "other.pem")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["ops", *words, "--study", STUDY])


def shown(*words: str) -> Any:
    told = run("review", "--json", *words)
    assert told.exit_code == 0, told.exception
    return json.loads(told.output)


def signature(issuer: Issuer, **said: Any) -> str:
    words = {
        "client": "auditor-1", "name": "Ada Auditor", "role": "auditor",
        "meaning": "audit-reviewed", "studies": [STUDY], "sites": ["*"],
    }  # fmt: skip
    return issuer.signature(SignatureRequest(**(words | said)))


def sign_off(token: str, number: int = 1, comment: str = "All explained") -> Result:
    words = ("--number", str(number), "--comment", comment, "--signature", token)
    return run("sign-off", *words)


@pytest.mark.proves("C26", kind="positive")
def test_the_auditor_is_shown_a_review_and_signs_it_off_on_aws(
    function: Lambda, issuer: Issuer, database: TestDatabase
) -> None:
    assert "no review yet" in str(run("review").exception)
    told = run("review", "--now").output
    assert "Review 1, " in told
    assert "R8 Overrides, and changes of rights and rules: " in told
    assert told.endswith("\nNot signed off: 1\n")
    done = sign_off(signature(issuer))
    assert done.output == "Review 1 is signed off by Ada Auditor.\n"
    review = shown("--number", "1")
    assert [(s["name"], s["role"], s["meaning"]) for s in review["signatures"]] == [
        ("Ada Auditor", "auditor", "audit-reviewed")
    ]
    assert run("review").output.endswith("UTC.\n\nAll are signed off.\n")
    ((signer, reason),) = database.rows(
        "SELECT DISTINCT actor, reason FROM platform.audit WHERE table_name = 'platform.signature'"
    )
    assert (signer, reason) == ("auditor-1", "All explained")


def test_each_review_that_nobody_signed_is_shown_oldest_first(
    function: Lambda, issuer: Issuer, tmp_path: Path
) -> None:
    for _ in range(3):
        assert run("review", "--now").exit_code == 0
    assert sign_off(signature(issuer), number=2).exit_code == 0
    assert [each["number"] for each in shown("--unsigned")] == [1, 3]
    file = tmp_path / "reviews.json"
    assert run("review", "--unsigned", "--out", str(file)).output == f"{file}\n"
    assert json.loads(file.read_text()) == shown("--unsigned")
    for number in (1, 3):
        assert sign_off(signature(issuer), number=number).exit_code == 0
    assert shown("--unsigned") == []
    assert run("review", "--unsigned").output == "\nAll are signed off.\n"


@pytest.mark.proves("C26", kind="negative")
@pytest.mark.parametrize(
    "said",
    [
        {"role": "statistician"},
        {"role": "admin"},
        {"meaning": "locked"},
        {"studies": ["NCT00000000"]},
        {"content_sha256": "0" * 64},
    ],
)
def test_whom_the_signature_does_not_let_sign_signs_nothing(
    function: Lambda, issuer: Issuer, database: TestDatabase, log_lines: io.StringIO, said: Any
) -> None:
    assert run("review", "--now").exit_code == 0
    refused = sign_off(signature(issuer, **said))
    assert isinstance(refused.exception, Refused)
    assert database.rows("SELECT count(*) FROM platform.signature") == [(0,)]
    assert '"problem": "signature-not-fitting"' in log_lines.getvalue()


@pytest.mark.proves("C26", kind="negative")
def test_the_operators_word_for_who_signs_is_worth_nothing(
    function: Lambda, issuer: Issuer, other: Issuer, database: TestDatabase
) -> None:
    assert run("review", "--now").exit_code == 0
    bearer = issuer.token(client="auditor-1", role="auditor", studies=[STUDY], sites=["*"])
    for token in (signature(other), bearer, signature(issuer)[:-4] + "AAAA", "", "auditor-1"):
        assert isinstance(sign_off(token).exception, Refused)
    event = {
        "command": "sign-off", "study": STUDY, "number": 1, "comment": "x", "name": "Ada Auditor",
        "role": "auditor", "signer": "auditor-1",
    }  # fmt: skip
    with pytest.raises(asked.Refused, match="wants study, number, comment and signature"):
        operations.handler(event, None)
    assert database.rows("SELECT count(*) FROM platform.signature") == [(0,)]


def test_a_signature_is_spent_once_and_says_what_was_looked_at(
    function: Lambda, issuer: Issuer, database: TestDatabase
) -> None:
    assert run("review", "--now").exit_code == 0
    token = signature(issuer)
    assert "Say what was looked at" in str(sign_off(token, comment=" ").exception)
    assert "no review 7" in str(sign_off(token, number=7).exception)
    assert sign_off(token).exit_code == 0
    assert isinstance(sign_off(token).exception, Refused)
    assert database.rows("SELECT count(*) FROM platform.signature") == [(1,)]


def test_signatures_may_have_an_issuer_of_their_own(
    function: Lambda,
    issuer: Issuer,
    other: Issuer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    keys = tmp_path / "signature-keys.json"
    keys.write_text(json.dumps(other.key_set()))
    monkeypatch.setenv("INDUCT_SIGNATURE_ISSUER", other.url)
    monkeypatch.setenv("INDUCT_SIGNATURE_JWKS_URL", keys.as_uri())
    assert run("review", "--now").exit_code == 0
    assert isinstance(sign_off(signature(issuer)).exception, Refused)
    assert sign_off(signature(other)).exit_code == 0


@pytest.mark.parametrize(
    "event",
    [{}, {"study": STUDY, "number": "1"}, {"study": STUDY, "number": True}, {"number": 1},
     {"study": STUDY, "number": 0}, {"study": STUDY, "number": 2**31}],
)  # fmt: skip
def test_a_review_is_asked_for_by_study_and_number(function: Lambda, event: dict[str, Any]) -> None:
    with pytest.raises(asked.Refused, match="review wants study, and number"):
        operations.handler({"command": "review"} | event, None)


def test_the_largest_review_fits_into_what_a_function_may_answer(
    function: Lambda, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All eight rules with all the rows that are kept, each of an account with a long name."""
    drawn = random.Random(7)
    rows = [
        {"place": "S01", "actor": "".join(drawn.choices("abcdefgäöü0123456789", k=800)),
         "role": "coordinator", "about": "blood_count", "times": 1,
         "last_at": "2026-03-01T00:00:00+00:00"}
        for _ in range(KEPT)
    ]  # fmt: skip
    rule = {"title": "t", "question": "q?", "limits": {}, "count": KEPT, "rows": rows}
    monkeypatch.setattr("infra.database.review._apply", lambda *_words: rule)
    assert run("review", "--now").exit_code == 0
    assert len(json.dumps(shown())) > 1_500_000
    assert max(map(len, function.answered)) < 6_000_000
    assert shown()["rules"]["R8"]["rows"] == rows


def test_an_answer_that_is_too_long_even_packed_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = {"rows": ["ä" * 300_000]}
    packed = asked.fitting(answer)
    assert set(packed) == {"gzip"}
    assert asked.unpacked(packed) == answer
    assert asked.fitting({"rows": []}) == {"rows": []} == asked.unpacked({"rows": []})
    monkeypatch.setattr(asked, "MOST_BYTES", 100)
    with pytest.raises(asked.Refused, match="more than a function can answer"):
        asked.fitting(answer)


def test_accounts_are_held_against_what_was_seen_and_the_review_is_signed_off(
    function: Lambda, issuer: Issuer, database: TestDatabase, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    seen(database, account="orphan", since=now - timedelta(hours=1), until=now + timedelta(hours=1))
    sub = [{"Name": "sub", "Value": "nurse"}, {"Name": "email", "Value": "nurse@example.org"}]
    user = {"Enabled": True, "Attributes": sub, "UserCreateDate": now.isoformat()}
    users, clients = tmp_path / "users.json", tmp_path / "clients.json"
    users.write_text(json.dumps({"Users": [user]}))
    clients.write_text(json.dumps({"UserPoolClients": [{"ClientId": "orphan"}]}))
    lists = ("--accounts", str(users), "--accounts", str(clients))
    whole = run("accounts", *lists)
    assert (whole.exit_code, "No account is orphaned" in whole.output) == (0, True)
    told = run("accounts", *lists[:2], "--keep")
    assert isinstance(told.exception, Refused)
    assert [line.split()[:2] for line in told.output.splitlines() if "orphan" in line] == [
        ["orphan", "unlisted"]
    ]
    assert "Kept as review 1 of accounts" in told.output
    words = ("--number", "1", "--comment", "Closed", "--of", "accounts", "--signature")
    assert isinstance(run("sign-off", *words, signature(issuer)).exception, Refused)
    done = run("sign-off", *words, signature(issuer, meaning="access-reviewed"))
    assert done.output == "Review 1 is signed off by Ada Auditor.\n"
    assert run("review", "--of", "accounts").output.endswith("All are signed off.\n")
    (kept,) = database.rows("SELECT findings::text FROM platform.access_review")
    assert "example.org" not in kept[0]
    assert "one of: trail, accounts" in str(run("review", "--of", "money").exception)
    assert "made without more" in str(run("review", "--of", "accounts", "--now").exception)


def test_what_is_no_list_of_accounts_is_refused_here_and_there(
    function: Lambda, tmp_path: Path
) -> None:
    file = tmp_path / "list.json"
    for text, words in (("{}", "no list of accounts"), ('{"accounts": []}', "names no account")):
        file.write_text(text)
        assert words in str(run("accounts", "--accounts", str(file)).exception)
    assert "cannot be read" in str(run("accounts", "--accounts", str(tmp_path / "no")).exception)
    assert function.answered == []
    for event in ({"study": STUDY}, {"list": {}}, {"study": STUDY, "list": {"accounts": []}}):
        with pytest.raises(asked.Refused):
            operations.handler({"command": "accounts"} | event, None)


def test_rights_are_told_and_ended(function: Lambda) -> None:
    assert run("access").output.startswith(f"{STUDY} as of ")
    words = ("--actor", "me", "--reason", "left")
    said = CliRunner().invoke(app, ["ops", "revoke", "nurse", *words]).output
    assert said.startswith("No token of nurse holds")
