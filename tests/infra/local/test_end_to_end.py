"""One child through all four services, over HTTP, on the stack that a stranger starts."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests.infra.local.stack import Stack
from tests.infra.scenario import BORN, CHILD, STUDY, from_screening_to_the_nightly_figure, path

pytestmark = pytest.mark.long


def test_a_child_goes_from_screening_to_the_nightly_figure(stack: Stack) -> None:
    from_screening_to_the_nightly_figure(stack)


def test_the_datasets_of_that_night_are_fetched_and_lead_back_to_the_record(
    stack: Stack, tmp_path: Path
) -> None:
    code, said = stack.run("analytics", "adam", "--study", STUDY, "--out", str(tmp_path / "open"))
    assert code == 0, said
    words = ("--by-arm", "--out", str(tmp_path / "closed"))
    code, said = stack.run("analytics", "adam", "--study", STUDY, *words)
    assert code == 0, said
    opened, closed = (
        {each.name: each.read_text("latin-1") for each in (tmp_path / name).iterdir()}
        for name in ("open", "closed")
    )
    assert {"adsl.xpt", "adtte.json", "adae.csv", "define.xml", "define.html"} <= set(opened)
    assert "adpp.csv" in set(closed) - set(opened)
    assert "TRT01P" in closed["adsl.csv"]
    assert not any("ALLR3" in text for text in opened.values())
    (event,) = csv.DictReader(closed["adae.csv"].splitlines())
    record = f"/subjects/{event['SUBJID']}/assessments/{event['SRCREC']}/versions"
    versions = stack.call("GET", path("assessments", record), role="statistician", study=STUDY)
    assert event["SRCVER"] in {str(each["version"]) for each in versions.json()["items"]}


def test_the_trail_of_all_that_is_whole(stack: Stack) -> None:
    code, said = stack.run("audit", "verify")
    assert (code, said.startswith("Whole: ")) == (0, True), said


def test_the_trail_goes_on_from_heads_that_a_person_took_along(
    stack: Stack, tmp_path: Path
) -> None:
    copy = tmp_path / "heads.json"
    code, said = stack.run("audit", "heads", "--out", str(copy))
    assert code == 0, said
    code, said = stack.run("audit", "verify", "--heads", str(copy))
    assert code == 0, said
    assert "It goes on from the heads of" in said
    told = json.loads(copy.read_text())
    told["streams"][f"{STUDY}/S01-001"]["hash"] = "0" * 64
    copy.write_text(json.dumps(told))
    code, said = stack.run("audit", "verify", "--heads", str(copy))
    assert code == 1
    assert f"{STUDY}/S01-001, row" in said
    assert "written anew since" in said


def test_the_review_of_all_that_is_shown_and_signed_off(stack: Stack) -> None:
    code, said = stack.run("audit", "review", "--study", STUDY, "--now")
    assert code == 0, said
    assert "R8 Overrides, and changes of rights and rules" in said
    assert "Not signed off: 1" in said
    who = ("--study", STUDY, "--role", "auditor", "--name", "Ada Auditor")
    code, token = stack.run("sign", *who, "--meaning", "audit-reviewed")
    assert code == 0, token
    told = ("--study", STUDY, "--number", "1", "--comment", "A test")
    code, said = stack.run("audit", "sign-off", *told, "--signature", token.strip())
    assert (code, said) == (0, "Review 1 is signed off by Ada Auditor.\n")
    _, said = stack.run("audit", "review", "--study", STUDY, "--number", "1")
    assert "Signed off by Ada Auditor (auditor)" in said
    code, said = stack.run("audit", "sign-off", *told, "--signature", token.strip())
    assert code == 1


def test_a_status_tells_that_all_that_keeps_its_promises(stack: Stack) -> None:
    code, said = stack.run("status", "--json")
    measured = {each["id"]: each for each in json.loads(said)}
    assert [each for each in measured.values() if each["good"] is False] == []
    assert code == 0
    assert measured["list_left"]["value"] > 90
    code, said = stack.run("status")
    assert "Least share of numbers left" in said


def test_who_held_which_rights_is_told_and_an_account_is_revoked(stack: Stack) -> None:
    code, said = stack.run("audit", "access", "--study", STUDY, "--json")
    told = json.loads(said)
    assert code == 0
    assert {"coordinator", "statistician"} <= {one["role"] for one in told["held"]}
    assert [one["code"] for one in told["findings"]] == []
    assert stack.run("randomization", "breaks", "--study", STUDY) == (
        0,
        "Nobody broke the glass.\n",
    )
    words = ("--actor", "operator", "--reason", "a test")
    code, said = stack.run("audit", "revoke", "nobody-here", *words)
    assert (code, said.startswith("No token of nobody-here holds")) == (0, True)
    bind = ("audit", "bind", "nobody-here", *words)
    assert stack.run(*bind, "--network", "192.0.2.0/24", "--network", "2001:DB8::/32") == (
        0,
        "nobody-here may call from 192.0.2.0/24, 2001:db8::/32.\n",
    )
    assert stack.run(*bind) == (0, "nobody-here may call from any network.\n")
    code, said = stack.run(*bind, "--network", "192.0.2.1/24")
    assert (code, "written as CIDR" in said) == (1, True)


def test_the_accounts_of_all_that_are_held_against_a_list_of_the_issuers(
    stack: Stack, tmp_path: Path
) -> None:
    _, said = stack.run("audit", "access", "--study", STUDY, "--json")
    names = sorted({one["account"] for one in json.loads(said)["held"]})
    file = tmp_path / "accounts.json"
    words = ("audit", "accounts", "--study", STUDY, "--accounts", str(file))
    file.write_text(json.dumps({"accounts": [{"account": name} for name in names]}))
    code, said = stack.run(*words)
    assert code == 0, said
    assert "No account is orphaned" in said
    file.write_text(json.dumps({"accounts": [{"account": name} for name in names[1:]]}))
    code, said = stack.run(*words, "--keep")
    assert (code, names[0] in said, "unlisted" in said) == (1, True, True)
    code, said = stack.run("audit", "review", "--study", STUDY, "--of", "accounts")
    assert (code, said.startswith("Review 1, ")) == (0, True)
    assert "Not signed off: 1" in said


def test_the_events_of_all_that_are_delivered(stack: Stack) -> None:
    _, said = stack.run("events", "status")
    assert "published" in said
    assert "dead" not in said
    assert stack.run("events", "dead-letters") == (0, "No dead letters.\n")


def test_the_issuer_speaks_oauth2(stack: Stack) -> None:
    import httpx

    found = httpx.get(f"{stack.home.url}/.well-known/openid-configuration").json()
    form = {
        "grant_type": "client_credentials", "client_id": "local",
        "client_secret": stack.home.secrets()["client_secret"],
        "role": "coordinator", "study": STUDY, "site": "S01",
    }  # fmt: skip
    token = httpx.post(found["token_endpoint"], data=form).json()["access_token"]
    answer = httpx.get(
        stack.home.url + path("assessments", "/subjects"),
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200
    refused = httpx.post(found["token_endpoint"], data=form | {"client_secret": "guess"})
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})


def test_no_line_of_the_log_holds_trial_data(stack: Stack) -> None:
    log = (stack.home.folder / "log" / "induct.jsonl").read_text(encoding="utf-8")
    assert '"status": 201' in log
    told = re.sub(r'"ms": [\d.]+', "", log)  # a call may take 62.5 ms
    assert told != log
    for secret in ("INO", "ALLR3", BORN, "Febrile", "62.5", CHILD, "coordinator-test"):
        assert secret not in told


def test_every_page_a_person_opens_works_without_internet(stack: Stack) -> None:
    import httpx

    for page in (
        "/",
        "/randomization/docs",
        "/assessments/docs",
        "/safety/docs",
        "/analytics/docs",
    ):
        answer = httpx.get(stack.home.url + page, timeout=30)
        assert answer.status_code == 200
        assert re.findall(r"(?:src|href)=.https?://|@import|url\(", answer.text) == []
