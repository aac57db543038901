"""The pack: what is proven by the tests that passed, and everything else told."""

import re
from pathlib import Path

import pytest

from infra.validation.matrix import PROCEDURAL, PROVEN, UNPROVEN, Row, as_data, join
from infra.validation.page import page
from infra.validation.proofs import Proof
from infra.validation.requirements import (
    FOLDER,
    Requirement,
    RequirementError,
    load_policy,
    load_requirements,
)
from infra.validation.results import Commit, Results

POLICY = load_policy()
ENDS = {
    "t::refuses": "passed",
    "t::compares": "passed",
    "t::fails": "failed",
    "t::skips": "skipped",
}
RESULTS = Results(
    Commit("c0ffee" + "0" * 34, dirty=False), "2026-11-29T12:00:00+00:00", {"python": "3.11"},
    {test: {outcome: 1} for test, outcome in ENDS.items()},
)  # fmt: skip
BOTH = [Proof("C02", "negative", "t::refuses"), Proof("C02", "oracle", "t::compares")]


def rows(*proofs: Proof, **more: str) -> list[Row]:
    required = Requirement("C02", "Found <and> named", "A text", "A source", "critical", **more)
    return join({"C02": required}, POLICY, proofs, RESULTS)


def state(*proofs: Proof, **more: str) -> tuple[str, tuple[str, ...]]:
    (row,) = rows(*proofs, **more)
    return row.state, row.why


def test_what_is_proven_has_passing_tests_of_every_kind_that_its_risk_needs() -> None:
    assert state(*BOTH) == (PROVEN, ())
    assert state(BOTH[0]) == (UNPROVEN, ("no oracle test passed",))


def test_a_skipped_test_and_one_that_did_not_run_prove_nothing() -> None:
    for test in ("t::skips", "t::never"):
        assert state(BOTH[0], Proof("C02", "oracle", test)) == (
            UNPROVEN,
            ("no oracle test passed",),
        )


def test_one_failing_test_is_enough_for_not_proven() -> None:
    failing = Proof("C02", "positive", "t::fails")
    assert state(*BOTH, failing) == (UNPROVEN, ("t::fails failed",))
    told = {"procedural": "Because.", "software": "This."}
    assert state(**told) == (PROCEDURAL, ())
    assert state(failing, **told)[0] == UNPROVEN


def test_the_data_join_requirement_risk_test_kind_and_result_of_one_commit() -> None:
    data = as_data(rows(*BOTH), RESULTS)
    assert (data["commit"], data["uncommitted_changes"]) == (RESULTS.commit.id, False)
    assert data["states"] == {PROVEN: 1, PROCEDURAL: 0, UNPROVEN: 0}
    (told,) = data["requirements"]
    assert (told["id"], told["risk"], told["state"]) == ("C02", "critical", PROVEN)
    assert told["tests"][0] == {"test": "t::refuses", "kind": "negative", "result": "passed"}


def test_the_page_tells_everything_as_text_and_loads_nothing() -> None:
    text = page(rows(BOTH[0], open="Not <b>done</b>."), POLICY, RESULTS)
    assert "Found &lt;and&gt; named" in text
    assert text.count("Not &lt;b&gt;done&lt;/b&gt;.") == 2, "in its row, and among what is open"
    assert text.count("no oracle test passed") == 2
    for told in (RESULTS.commit.id, RESULTS.finished_at, "python 3.11", "refuses", "critical"):
        assert told in text
    assert not re.search(r"<script|src=|href=|url\(", text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("risk = ", "level = "), "lacks"),
        (('risk = "critical"', 'risk = "none"'), "has no risk"),
        (('id = "C03"', 'id = "C02"'), "twice"),
        (("software = ", "# "), "procedural"),
    ],
)
def test_a_requirement_that_is_not_written_as_it_must_be_is_refused(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    text = (FOLDER / "regulations.toml").read_text(encoding="utf-8")
    (tmp_path / "regulations.toml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(RequirementError, match=words):
        load_requirements(POLICY, tmp_path)
