"""The data of the pack `events` and its code fit together."""

import pytest

from services.assessments.domain.packs.events.endpoints import LIMIT_KINDS
from services.assessments.domain.packs.events.milestones import milestones
from services.assessments.domain.packs.events.occurrences import Subject, forms_read, occurrence
from services.assessments.domain.packs.facts import FORMS
from services.assessments.domain.packs.registry import derive_all, packs_needed
from shared.rules.loading import changed_pack, load_pack
from tests.services.assessments.domain.packs.events.courses import (
    EVENTS,
    MRD,
    RESPONDED,
    facts,
    hsct,
    mrd,
    relapse,
)

COLUMNS = ("events", "competing", "censoring", "ends_at")


def _rules() -> set[str]:
    found: set[str] = set()
    for row in EVENTS.rows("endpoints"):
        for column in COLUMNS:
            cell = row[column]
            assert isinstance(cell, tuple)
            found |= {str(each) for each in cell}
    return found


def test_every_rule_of_an_endpoint_has_text_source_code_description_and_forms() -> None:
    subject = Subject(facts(), EVENTS, MRD, milestones(facts(), EVENTS))
    described = {str(row["id"]) for row in EVENTS.rows("descriptions")}
    for rule in _rules():
        assert EVENTS.rules[rule].source.kind
        assert occurrence(rule, subject).exists is False or rule == "never_seen"
        assert rule in described
        assert forms_read(rule) <= set(FORMS)


def test_every_rule_that_ends_follow_up_says_how() -> None:
    cells = [row["ends_at"] for row in EVENTS.rows("endpoints")]
    assert {str(each) for cell in cells if isinstance(cell, tuple) for each in cell} == set(
        LIMIT_KINDS
    )


def test_what_the_public_record_leaves_open_is_listed_as_assumed() -> None:
    assert {"early_death_dated_at", "induction_failure_day1", "last_known_alive"} <= set(
        EVENTS.assumed
    )
    assert "death" not in EVENTS.assumed


def test_a_changed_switch_changes_version_and_hash_of_every_result() -> None:
    switched = changed_pack("events", {"early_death_dated_at": "day1"})
    assert (switched.version, switched.sha256) != (EVENTS.version, EVENTS.sha256)


def test_the_derivations_of_these_packs_are_among_all() -> None:
    packs = {name: load_pack(name) for name in packs_needed()}
    found = {each.derivation: each for each in derive_all(facts(*RESPONDED, relapse(90)), packs)}
    assert {"EFS", "EFSEOT", "DOR", "OS", "HSCT", "CART", "TFDAY1", "TFEOT"} <= set(found)
    assert {"sos_ebmt", "sos_seattle", "sos_severity", "window:C1D28"} <= set(found)
    assert dict(found["EFS"].details)["EVNTDESC"] == "Relapse"


def test_persistence_is_open_where_the_last_sample_may_be_either() -> None:
    found = facts(*RESPONDED, mrd("2024-04", "0.01"), mrd("2024-04-10", "0.00001"), hsct(120))
    subject = Subject(found, EVENTS, MRD, milestones(found, EVENTS))
    assert occurrence("mrd_persistence", subject).exists is None


def test_a_row_of_an_unknown_rule_is_a_fault_of_the_pack() -> None:
    subject = Subject(facts(), EVENTS, MRD, milestones(facts(), EVENTS))
    with pytest.raises(KeyError):
        occurrence("remission", subject)
