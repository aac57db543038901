"""The receipts of a site held against its trail by the file that a stranger runs."""

import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.verifier import ANY_FOLDER, load
from tests.services.assessments.support import COUNTS, registration
from tests.services.randomization.world import open_trial, request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin

FILE = Path(__file__).parents[2] / "docs" / "verify_receipts.py"
MODULE = load(FILE)
Row = dict[str, Any]
NOW = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
REPORT = {
    "subject": "S01-001", "site": "S01", "event_term": "Febrile neutropenia", "grade": 4,
    "seriousness": ["hospitalisation"], "onset_on": "2026-02-19",
    "aware_at": "2026-02-20T09:30:00+01:00", "received_at": "2026-02-20T12:00:00+01:00",
    "reporter": "Dr Reporter", "narrative": "Fever of 39.5, > 38.5 twice.",
}  # fmt: skip
CONSENT = {"consent_date": "2024-01-20", "assent_due": False}


@dataclass(frozen=True)
class Kept:
    """What a site has: its answers' headers and bodies, by what was entered; and its trail."""

    answers: dict[str, str]
    trail: list[Row]

    @property
    def receipts(self) -> str:
        return "\n".join(self.answers.values())


def pages(api: ApiClient, path: str) -> Iterator[Row]:
    after: str | None = ""
    while after is not None:
        page = api.get(f"{path}?limit=200&after={after}").json()
        yield from page["items"]
        after = page["next"]


@pytest.fixture
def kept(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], object],
    begin: Begin,
    database: TestDatabase,
) -> Kept:
    """A child whom a site registers, enters, corrects, sends as a file, reports and randomizes."""

    def live() -> Kept:
        activate("NCT05748171")
        api = {name: client_for(name) for name in ("assessments", "randomization", "safety")}
        open_trial(api["randomization"])
        answers: dict[str, httpx.Response] = {}

        def keep(name: str, service: str, path: str, body: Any, **options: Any) -> Any:
            answer = api[service].request(options.pop("method", "POST"), path, json=body, **options)
            assert answer.is_success, answer.text
            answers[name] = answer
            return answer.json()

        child = registration("S01-001", birth_year_month=f"{datetime.now(UTC).year - 9}-12")
        keep("registration", "assessments", "/subjects", child)
        path = "/subjects/S01-001/assessments"
        consent = {"form": "consent", "visit": "SCR", "items": CONSENT}
        keep("consent", "assessments", path, consent)
        counts = {"form": "blood_count", "visit": "C1D28", "items": COUNTS}
        made = keep("counts", "assessments", path, counts)
        change = {"items": {"platelets": "121"}, "reason": "Misread: «112»"}
        keep("correction", "assessments", f"{path}/{made['record_id']}", change,
             method="PUT", headers={"If-Match": '"1"'})  # fmt: skip
        row = {"subject": "S01-001", "form": "blood_count", "visit": "C1D28", "repeat": 2}
        keep("file", "assessments", "/submissions", {"rows": [row | {"items": COUNTS}]})
        case = keep("report", "safety", "/cases", REPORT, at=NOW)
        content = {k: v for k, v in REPORT.items() if k not in ("subject", "site")}
        more = content | {"grade": 3, "received_at": "2026-02-20T12:30:00+01:00"}
        keep("follow-up", "safety", f"/cases/{case['case_number']}/follow-ups",
             more | {"significant": True}, headers={"If-Match": '"1"'}, at=NOW)  # fmt: skip
        keep("allocation", "randomization", "/allocations", request())
        asked = {"text": "Please check.", "item": "platelets"}
        api["assessments"].post(
            f"{path}/{made['record_id']}/queries", json=asked, role="data_manager"
        )
        told = {name: f"{dict(each.headers)}\n{each.text}" for name, each in answers.items()}
        return Kept(told, list(pages(api["assessments"], "/subjects/S01-001/trail")))

    found: Kept = begin("a child that was entered everywhere", live)
    return found


def put(folder: Path, trail: Iterable[Row], receipts: str) -> tuple[Path, Path]:
    files = folder / "trail.ndjson", folder / "receipts.txt"
    files[0].write_text("".join(json.dumps(row) + "\n" for row in trail))
    files[1].write_text(receipts)
    return files


def run(*files: Path) -> tuple[int, dict[str, Any]]:
    """A process of its own that sees neither this project nor any installed package."""
    command = [sys.executable, "-I", "-S", str(FILE), *map(str, files), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def found(folder: Path, trail: Iterable[Row], receipts: str) -> Any:
    """What a run in this process finds."""
    files = put(folder, trail, receipts)
    return MODULE.verify(MODULE.read_trail(files[0]), MODULE.read_receipts(files[1:]))


def broken(folder: Path, trail: Iterable[Row], receipts: str) -> list[str]:
    """Rows that do not fit, or the line that cannot be one."""
    try:
        return list(found(folder, trail, receipts).broken)
    except MODULE.Malformed as error:
        return [str(error)]


def rewritten(trail: list[Row], at: int) -> list[Row]:
    """The trail as its master would write it anew from row ``at`` on: every hash fits again."""
    link = MODULE.genesis(trail[0]["stream"])
    for row in trail:
        if row["seq"] >= at:
            if row["salt"] is not None:
                spelled = MODULE.netstring([row["old_value"], row["new_value"]])
                salted = bytes.fromhex(row["salt"]) + spelled.encode()
                row["values_hash"] = hashlib.sha256(salted).hexdigest()
            row["hash"] = MODULE.row_of(json.dumps(row), "").link(link)
        link = row["hash"]
    return trail


def index_of(kept: Kept, **wanted: str) -> int:
    return next(n for n, row in enumerate(kept.trail) if wanted.items() <= row.items())


@pytest.mark.proves("C34", kind="positive")
@pytest.mark.proves("C34", kind="oracle")
def test_every_entry_of_a_site_has_a_receipt_that_a_stranger_finds_again(
    kept: Kept, tmp_path: Path
) -> None:
    """Registration, form, correction, file, serious event, follow-up and allocation."""
    for name, answer in kept.answers.items():
        assert len(MODULE.RECEIPT.findall(answer)) >= 1, name
    status, report = run(*put(tmp_path, kept.trail, kept.receipts))
    assert (status, report["broken"]) == (0, [])
    assert [each["state"] for each in report["verdicts"]] == ["equal"] * len(kept.answers)
    spans = [(each["receipt"]["first"], each["receipt"]["last"]) for each in report["verdicts"]]
    assert spans[0][0] == 1
    assert all(one[1] < other[0] for one, other in pairwise(spans))


def test_the_arm_is_told_to_its_site_and_how_it_was_weighed_is_not(kept: Kept) -> None:
    fields = {
        row["field"]: row for row in kept.trail if row["table_name"] == "randomization.allocation"
    }
    assert fields["arm"]["told"]
    assert not fields["explanation"]["told"]
    assert fields["explanation"]["new_value"] is None


@pytest.mark.proves("C34", kind="negative")
def test_a_value_that_was_rewritten_with_every_hash_after_it_is_named(
    kept: Kept, tmp_path: Path
) -> None:
    """The master of the database can make the whole chain fit again, and no receipt."""
    trail = copy.deepcopy(kept.trail)
    at = index_of(kept, table_name="assessments.item", field="platelets", new_value="121")
    trail[at]["new_value"] = "12"
    report = found(tmp_path, rewritten(trail, trail[at]["seq"]), kept.receipts)
    states = dict(zip(kept.answers, (v.state for v in report.verdicts), strict=True))
    assert states == dict.fromkeys(kept.answers, "equal") | {"correction": "altered"}
    altered = next(v for v in report.verdicts if v.state == "altered")
    assert f"assessments.item {trail[at]['row_key']} platelets" in altered.rows
    assert trail[at]["row_key"].endswith("/2"), "the version is named"
    assert any("what was entered before it" in each for each in report.broken)


@pytest.mark.proves("C34", kind="negative")
def test_what_was_taken_out_is_missing(kept: Kept, tmp_path: Path) -> None:
    last = MODULE.RECEIPT.search(kept.answers["allocation"])
    assert last is not None
    cut = [row for row in kept.trail if row["seq"] < int(last["first"])]
    status, report = run(*put(tmp_path, cut, kept.receipts))
    states = [each["state"] for each in report["verdicts"]]
    assert (status, states) == (1, ["equal"] * (len(states) - 1) + ["missing"])
    assert f"row {last['first']}" in report["verdicts"][-1]["rows"]
    assert [v.state for v in found(tmp_path, [], kept.receipts).verdicts] == ["missing"] * len(
        states
    )


@ANY_FOLDER
@given(data=st.data())
def test_one_changed_text_anywhere_is_named(
    kept: Kept, tmp_path: Path, data: st.DataObject
) -> None:
    trail = copy.deepcopy(kept.trail)
    row = data.draw(st.sampled_from(trail), "row")
    texts = [name for name, value in row.items() if isinstance(value, str) and name != "stream"]
    name = data.draw(st.sampled_from(sorted(texts)), "name")
    other = data.draw(st.sampled_from("0af:,"), "sign")
    at = data.draw(st.integers(0, max(len(row[name]) - 1, 0)), "place")
    if row[name][at : at + 1] == other:
        return
    row[name] = row[name][:at] + other + row[name][at + 1 :]
    faults = broken(tmp_path, trail, kept.receipts)
    assert any(f"row {row['seq']}:" in each or f"line {row['seq']}:" in each for each in faults)


@pytest.mark.proves("C09", kind="negative")
def test_a_value_that_somebody_emptied_by_hand_is_altered(kept: Kept, tmp_path: Path) -> None:
    """Also where the row then says that it is not told: its own site entered it."""
    for told, state in ((True, "altered"), (False, "equal")):
        trail = copy.deepcopy(kept.trail)
        row = trail[index_of(kept, table_name="safety.case_version", field="narrative")]
        row |= {"old_value": None, "new_value": None, "salt": None, "told": told}
        verdicts = dict(
            zip(kept.answers, found(tmp_path, trail, kept.receipts).verdicts, strict=True)
        )
        assert verdicts["report"].state == state
    assert verdicts["report"].untold == 1
    row["new_value"] = "something else"
    assert not found(tmp_path, trail, kept.receipts).good


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no JSON"), ("[]", "no row"), ("{}", "not there"), ('{"seq": 1}', "not there"),
        ("ROW\nROW", "twice"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_told_in_words(
    kept: Kept, tmp_path: Path, content: str, words: str
) -> None:
    files = put(tmp_path, [], kept.receipts)
    files[0].write_text(content.replace("ROW", json.dumps(kept.trail[0])))
    status, report = run(*files)
    assert (status, words in report["error"]) == (1, True), report


def test_a_file_without_a_receipt_proves_nothing(kept: Kept, tmp_path: Path) -> None:
    status, report = run(*put(tmp_path, kept.trail, "Induct-Receipt: none"))
    assert status == 1
    assert "no receipt" in report["error"]
