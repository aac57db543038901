"""What is stored of a simulated cohort is what analytics derives from the same records.

The rule packs and the study definition's anchors are two accounts of the same rules, written apart:
where they differ, each difference is named here with the rule that makes it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache

import pytest

from infra.demo.cohort import Child, simulate
from infra.demo.course import course
from infra.demo.records import after_allocation, screening
from services.analytics.domain.endpoint_times import endpoint_times
from services.analytics.domain.proportions import succeeded
from services.analytics.domain.study_data import KeptRecord
from services.analytics.domain.subjects import Subject, members, subjects_at_cutoff
from services.assessments.domain.derived import Derived, derive_subject
from services.assessments.domain.history import History, Version
from services.assessments.domain.items import canonical
from services.assessments.domain.kept import Kept
from services.assessments.domain.packs.registry import packs_needed
from services.assessments.domain.subject_facts import subject_facts
from services.assessments.domain.subject_state import SubjectState
from shared.rules.loading import load_pack
from shared.study.endpoints import ProportionEndpoint, TimeToEventEndpoint
from tests.services.analytics.dated import FAR, allocated, cut, study_data
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
PACKS = {name: load_pack(name) for name in packs_needed()}
CHILDREN = 150
RECORDED = datetime(2024, 1, 1, tzinfo=UTC)
# Our name of a day, and the anchor that analytics counts from.
DAYS = (("day1", "day1"), ("eot", "eot"), ("first_response", "first_response"))
TIMES = ("EFS", "EFSEOT", "EFSHSCT", "DOR", "OS", "OSHSCT")


@cache
def _cohort() -> list[tuple[Child, Subject, dict[str, Derived]]]:
    found = []
    for number, child in enumerate(simulate(7, CHILDREN)):
        records = list(_records(child, "INO" if number % 3 else "ALLR3"))
        facts = subject_facts(NCT, _state(child, [_history(child, each) for each in records]))
        assert facts.left_out == ()
        data = study_data(records, [allocated(child.subject, on=child.randomized_on)])
        (subject,) = subjects_at_cutoff(NCT, cut(NCT, data, FAR))
        found.append((child, subject, derive_subject(NCT, facts, PACKS)))
    return found


def _records(child: Child, arm: str) -> Iterator[KeptRecord]:
    seen: dict[tuple[str, str], int] = {}
    for step in [*screening(child), *after_allocation(child, arm, course(child, arm))]:
        body = step.body
        if body.get("form") is None:
            continue
        place = (body["form"], body.get("visit", "UNSCHEDULED"))
        seen[place] = seen.get(place, 0) + 1
        items = {name: canonical(value) for name, value in body["items"].items()}
        on = items.get(NCT.form(body["form"]).date_item or "")
        yield KeptRecord(
            child.subject, *place, seen[place], f"{place[0]}-{place[1]}-{seen[place]:03}",
            None if on is None else date.fromisoformat(on), items,
        )  # fmt: skip


def _history(child: Child, record: KeptRecord) -> History:
    kept = {name: Kept(text) for name, text in record.items.items() if text is not None}
    version = Version(
        1, kept, record.observed_on, 1, RECORDED, "a", "investigator", "first entry", "1.0.0"
    )
    place = (record.form, record.visit, record.repeat)
    return History(record.record_id, child.subject, child.site, *place, (version,))


def _state(child: Child, histories: list[History]) -> SubjectState:
    return SubjectState(
        child.subject, child.site, "2015-06", child.sex, child.consented_on, child.randomized_on,
        FAR, tuple(sorted(histories, key=lambda each: each.record_id)),
    )  # fmt: skip


@pytest.mark.proves("ASM-2", kind="oracle")
@pytest.mark.parametrize(("name", "anchor"), DAYS)
def test_days_agree_with_the_anchors_or_a_rule_says_why_not(name: str, anchor: str) -> None:
    dated = 0
    for child, subject, derived in _cohort():
        ours, theirs = derived[name], subject.anchors.get(anchor)
        told = None if theirs is None else theirs.isoformat()
        if ours.value != told:
            # The packs have no end of treatment after a death; the anchor knows of no death.
            assert name == "eot", child.subject
            assert ours.reason == "died_before_eot"
        dated += ours.value is not None
    assert dated > CHILDREN // 2


@pytest.mark.proves("S2", kind="oracle")
@pytest.mark.proves("S4", kind="oracle")
@pytest.mark.parametrize("paramcd", TIMES)
def test_start_end_and_censoring_of_endpoints_agree(paramcd: str) -> None:
    endpoint = NCT.endpoint(paramcd)
    assert isinstance(endpoint, TimeToEventEndpoint)
    population = endpoint.populations[0]
    events = 0
    for child, subject, derived in _cohort():
        ours = derived[paramcd]
        if not members(NCT.population(population), [subject]):
            assert (ours.value, ours.reason) == (None, "not_a_responder")
            continue
        (time,) = endpoint_times(NCT, endpoint, population, [subject], FAR)
        row = ours.trace["details"]
        assert (row["STARTDT"], row["ADT"], row["AVAL"], row["CNSR"]) == (
            time.start.isoformat(), time.end.date.isoformat(), time.days, int(time.end.reason),
        ), child.subject  # fmt: skip
        assert ours.value == row["ADT"]
        events += row["CNSR"] == 0
    assert events > 20


def test_the_investigators_response_is_what_both_engines_count() -> None:
    responders = 0
    for _, subject, derived in _cohort():
        responds = derived["response"].value in {"CR", "CRp", "CRi"}
        assert responds == ("first_response" in subject.anchors)
        responders += responds
    assert responders > CHILDREN // 2


@pytest.mark.proves("P1", kind="oracle")
def test_both_engines_count_the_same_successes_of_the_primary_endpoint() -> None:
    endpoint = NCT.endpoint("MRDNEG")
    assert isinstance(endpoint, ProportionEndpoint)
    successes = 0
    for child, subject, derived in _cohort():
        theirs = succeeded(NCT, endpoint, subject, FAR)
        assert (derived["mrd_negativity_itt"].value == "SUCCESS") is theirs, child.subject
        successes += theirs
    assert CHILDREN // 4 < successes < CHILDREN
