"""Dated facts to obligations at the command line: the guide's vectors, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.console import Refused
from infra.cli.main import app
from services.safety.domain.facts import Fact
from services.safety.domain.obligations import RUNNING
from tests.infra.cli.test_commands import ROOT, induct
from tests.services.safety.domain.story import Story

EXAMPLE = ROOT / "docs/examples/safety-facts.json"
THREE = ("eu_ctr", "us_ind", "uk_ctr")
Body = dict[str, Any]


def written(fact: Fact) -> Body:
    told = {name: value for name, value in asdict(fact).items() if value is not None}
    told["value"] = dict(fact.value)
    return json.loads(json.dumps(told, default=lambda v: getattr(v, "isoformat", v.__str__)()))


def run(file: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["safety", "clocks", str(file), *words])


@pytest.fixture
def clocks(tmp_path: Path) -> Callable[..., Body]:
    """Facts to what the command answers."""

    def told(facts: list[Body], *words: str, **more: Any) -> Body:
        file = tmp_path / "facts.json"
        rules = [{"id": name, "version": "1.0.0"} for name in THREE]
        file.write_text(json.dumps({"rule_sets": rules, "facts": facts} | more), "utf-8")
        done = run(file, *words)
        assert done.exit_code == 0, done.exception
        return json.loads(done.stdout)

    return told


def dues(answer: Body) -> Body:
    """What is owed to authorities; what investigators are told beside runs along in the US."""
    return {
        each["clock"]: each["due_on"]
        for each in answer["obligations"]
        if each["state"] in RUNNING and each["kind"] not in {"site", "every"}
    }


def of_story(clocks: Callable[..., Body], story: Story, *words: str) -> Body:
    return clocks([written(fact) for fact in story.facts], *words)


def all_three(kind: str, day: str) -> Body:
    return {f"{prefix}_susar_{kind}": day for prefix in ("eu", "us", "uk")}


def fatal_and_reported() -> Story:
    story = Story().susar("2026-04-02", "death")
    return story.sent("2026-04-07", "EU", "fatal").sent("2026-04-07", "UK", "fatal")


VECTORS = {
    "fatal, unsent: seven days": (
        Story().susar("2026-04-02", "death"),
        all_three("fatal", "2026-04-09")
        | {"eu_susar_fatal_completion": "2026-04-17", "uk_susar_fatal_completion": "2026-04-17"},
    ),
    "fatal, reported on day five: completions by each authority's count": (
        fatal_and_reported(),
        {
            "us_susar_fatal": "2026-04-09",
            "eu_susar_fatal_completion": "2026-04-17",
            "uk_susar_fatal_completion": "2026-04-15",
        },
    ),
    "received late in the evening, due on a Saturday, not moved": (
        Story("America/New_York").susar("2026-02-20T23:30"),
        all_three("other", "2026-03-07"),
    ),
    "a leap day in the window": (
        Story().susar("2028-02-20"),
        all_three("other", "2028-03-06"),
    ),
    "two criteria on day 0, the others on day 3": (
        Story()
        .report("2026-06-01", "hospitalisation", criteria=("identifiable_patient", "event"))
        .tell("criterion", "2026-06-04", criterion="identifiable_reporter", held=True)
        .tell("criterion", "2026-06-04", criterion="suspect_product", held=True),
        all_three("other", "2026-06-19"),
    ),
    "the CRO has it before the desk": (
        Story().susar("2026-04-03").report("2026-04-01", "hospitalisation", recorded="2026-04-05"),
        all_three("other", "2026-04-16"),
    ),
    "unrelated to the sponsor, related to the investigator: not in the US": (
        Story()
        .report("2026-06-01", "hospitalisation")
        .expectedness("2026-06-01", False)
        .causality("2026-06-02", "investigator", True)
        .causality("2026-06-02", "sponsor", False),
        {"eu_susar_other": "2026-06-16", "uk_susar_other": "2026-06-16"},
    ),
    "anticipated: watched in aggregate in the US": (
        Story().susar("2026-06-01").tell("anticipated", "2026-06-01", event="1", listed=True),
        {"eu_susar_other": "2026-06-16", "uk_susar_other": "2026-06-16"},
    ),
    "rejected on day six of seven: the due date stays": (
        Story().susar("2026-04-02", "death").sent("2026-04-08", "EU", "fatal", accepted=False),
        all_three("fatal", "2026-04-09")
        | {"eu_susar_fatal_completion": "2026-04-17", "uk_susar_fatal_completion": "2026-04-17"},
    ),
}


@pytest.mark.proves("SAF-1", kind="oracle")
@pytest.mark.parametrize(("story", "expected"), VECTORS.values(), ids=VECTORS)
def test_the_clock_vectors_hold_at_the_command_line(
    clocks: Callable[..., Body], story: Story, expected: Body
) -> None:
    assert dues(of_story(clocks, story)) == expected


@pytest.mark.parametrize(
    ("learned", "governs"), [("2026-06-11", "2026-06-16"), ("2026-06-03", "2026-06-10")]
)
def test_a_death_learned_before_the_report_leaves_both_and_the_earlier_date_governs(
    clocks: Callable[..., Body], learned: str, governs: str
) -> None:
    story = Story().susar("2026-06-01").seriousness(learned, "death", True)
    answer = of_story(clocks, story)
    assert {"eu_susar_other", "eu_susar_fatal"} <= dues(answer).keys()
    expected = [each for each in answer["obligations"] if each["due_on"] == governs]
    running = [each["due_at"] for each in answer["obligations"] if each["state"] in RUNNING]
    assert expected[0]["due_at"] == answer["first_due_at"] == min(running)


def test_a_past_instant_answers_what_was_known_then_and_shows_what_is_overdue(
    clocks: Callable[..., Body],
) -> None:
    story = Story().susar("2026-04-03")
    story.report("2026-04-01", "hospitalisation", recorded="2026-04-05")
    before = of_story(clocks, story, "--as-of", "2026-04-04T12:00:00Z")
    assert dues(before) == all_three("other", "2026-04-18")
    assert before["facts"]["known"] < before["facts"]["given"]
    late = of_story(clocks, story, "--as-of", "2026-04-17T00:00:00Z")
    overdue = {each["clock"] for each in late["obligations"] if each["overdue"]}
    assert overdue == {*all_three("other", ""), "us_investigators"}


def test_missing_judgements_run_as_provisional_and_the_reason_names_them(
    clocks: Callable[..., Body],
) -> None:
    answer = of_story(clocks, Story().report("2026-06-01", "hospitalisation"))
    (found,) = (o for o in answer["obligations"] if o["clock"] == "eu_susar_other")
    assert (found["provisional"], found["day_zero"]) == (True, "2026-06-01")
    assert "causality, expectedness" in found["reason"]
    assert found["verified_by"] is None


def test_the_order_of_the_facts_changes_no_byte_of_the_obligations(
    clocks: Callable[..., Body],
) -> None:
    file = json.loads(EXAMPLE.read_text("utf-8"))
    shuffled = {**file, "facts": file["facts"][::-1]}
    assert clocks(**file)["obligations"] == clocks(**shuffled)["obligations"]


def test_the_example_of_the_documentation_runs() -> None:
    done = run(EXAMPLE)
    answer = json.loads(done.stdout)
    assert dues(answer)["eu_susar_fatal"] == "2026-04-09"
    assert {each["outcome"] for each in answer["rulings"]} == {"susar"}
    assert not any(each["provisional"] for each in answer["rulings"]), "the onset is filled in"
    assert {each["id"] for each in answer["rule_sets"]} == set(THREE)


REFUSED: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "not JSON"),
    "a name twice": ('{"facts": [], "facts": []}', "A name stands twice"),
    "no facts": ({"facts": []}, "/facts: too-short"),
    "an unknown kind": ({"facts": [{"kind": "rumour"}]}, "/facts/0/kind: literal-error"),
    "a naive instant": (
        {"facts": [{"kind": "receipt", "received_at": "2026-04-02T10:00:00"}]},
        "/facts/0/received_at: value-error: an instant is written",
    ),
    "a value that is not of its kind": (
        {"facts": [{"kind": "serious", "received_at": "2026-04-02T10:00:00Z", "value": {"x": 1}}]},
        "/facts/0/value/serious: missing",
    ),
    "a zone of nowhere": (
        {"zone": "Mars/Base", "facts": [
            {"kind": "receipt", "received_at": "2026-04-02T10:00:00Z"}]},
        "/facts/0/received_zone: zone-unknown",
    ),
    "recorded before it was received": (
        {"facts": [{"kind": "receipt", "received_at": "2026-04-02T10:00:00Z",
                    "recorded_at": "2026-04-01T10:00:00Z"}]},
        "/facts/0/recorded_at: before-receipt",
    ),
    "an answer to nothing": (
        {"facts": [{"kind": "acknowledgement", "received_at": "2026-04-02T10:00:00Z",
                    "value": {"submission": "7", "accepted": True}}]},
        "/facts/0/value/submission: submission-unknown",
    ),
    "a correction of nothing": (
        {"facts": [{"kind": "receipt", "received_at": "2026-04-02T10:00:00Z",
                    "supersedes": "00000000-0000-0000-0000-000000000001"}]},
        "/facts/0/supersedes: fact-unknown",
    ),
    "a rule set that is not shipped": (
        {"rule_sets": [{"id": "xx", "version": "9"}], "facts": [
            {"kind": "receipt", "received_at": "2026-04-02T10:00:00Z"}]},
        "There is no rule set xx 9; there are eu_ctr 1.0.0",
    ),
    "a study that is not shipped": (
        {"study": "OTHER", "facts": [{"kind": "receipt", "received_at": "2026-04-02T10:00:00Z"}]},
        "give --definition",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_is_written_badly_is_refused_in_words_by_its_place(
    tmp_path: Path, content: Any, hint: str
) -> None:
    file = tmp_path / "facts.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    done = run(file)
    assert isinstance(done.exception, Refused)
    assert hint in str(done.exception)
    assert done.stdout == ""


def test_the_command_ends_with_one_and_no_traceback(tmp_path: Path) -> None:
    code, said, complaint = induct(
        "safety", "clocks", str(EXAMPLE), "--as-of", "yesterday", home=tmp_path
    )
    assert (code, said) == (1, "")
    assert complaint.startswith("error: --as-of is an instant")
    assert "Traceback" not in complaint
