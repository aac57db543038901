"""Rule sets as data: every row has its source, and a fault is named."""

import json
from typing import Any

import pytest

from services.safety.domain import rule_sets
from services.safety.domain.basis import basis
from services.safety.domain.rule_sets import RuleSetFault
from services.safety.obligation_service import owed, rules_in_force, unverified_rules
from shared.study import StudyDefinition
from shared.study.safety import RuleSetInForce
from tests.services.safety.domain.story import CASE, LATER, Story, shipped


@pytest.mark.parametrize(("name", "version"), rule_sets.shipped())
def test_every_row_of_a_rule_set_names_its_text_and_that_nobody_has_verified_it(
    name: str, version: str
) -> None:
    rules = rule_sets.load(name, version)
    for row in (*rules.verdicts, *rules.clocks):
        assert row.regulation
        assert row.verified_by is None
    ids = [row.id for row in (*rules.verdicts, *rules.clocks)]
    assert len(ids) == len(set(ids))


def in_force(**change: Any) -> StudyDefinition:
    """The shipped study, its first rule set (the EU's) with a change."""
    safety = shipped().safety
    assert safety is not None
    plain = safety.rule_sets[0].model_dump(mode="json")
    first = RuleSetInForce.model_validate_json(json.dumps(plain | change))
    changed = safety.model_copy(update={"rule_sets": (first, *safety.rule_sets[1:])})
    return shipped().model_copy(update={"safety": changed})


def test_a_definition_says_who_verified_which_rows_and_every_other_stays_unverified() -> None:
    said = {"rows": ["eu_susar", "eu_susar_fatal"], "by": "Dr A. Example, QPPV", "on": "2026-05-04"}
    study = in_force(verified=[said])
    rules, plain = rules_in_force(study)[0], rules_in_force(shipped())[0]
    who = {row.id: row.verified_by for row in (*rules.verdicts, *rules.clocks) if row.verified_by}
    assert who == dict.fromkeys(said["rows"], "Dr A. Example, QPPV, 2026-05-04")
    assert unverified_rules(study) == unverified_rules(shipped()) - 2
    assert basis(study, rules_in_force(study)) == basis(shipped(), rules_in_force(shipped()))
    assert rules.sha256 == plain.sha256, "what is counted is the same"
    facts = Story().susar("2026-06-01", "death").facts
    shown = {each.authority: each.verified_by for each in owed(CASE, facts, study, LATER).ruled}
    assert shown == {"EU": "Dr A. Example, QPPV, 2026-05-04", "US": None, "UK": None}


def test_an_unknown_rule_set_or_version_is_an_error() -> None:
    with pytest.raises(KeyError):
        rule_sets.load("eu_ctr", "9.9.9")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('outcome = "susar"', 'outcome = "perhaps"', "outcome"),
        ('kind = "fatal"', 'kind = "sudden"', "kind"),
        ("days = 7\n", "", "days"),
        ('counts_from = "day_zero"', 'counts_from = "report_sent"', "at_most_days"),
        ("{ serious = false }", "{ grave = false }", "when"),
        ('recipient = "EudraVigilance"\n', "", "recipient"),
    ],
)
def test_a_rule_set_with_a_fault_is_refused_with_its_row(old: str, new: str, words: str) -> None:
    text = rule_sets.resources.files("services.safety.rules").joinpath("eu_ctr-1.0.0.toml")
    with pytest.raises(RuleSetFault, match=words):
        rule_sets.from_text(text.read_text("utf-8").replace(old, new, 1))
