"""What holds for whatever versions, receipts and corrections tell: no due date goes in silence."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety import life_use_cases
from services.safety.case_schemas import Receipt
from services.safety.domain import correcting, telling
from services.safety.domain.case import Report
from services.safety.domain.classification import classify
from services.safety.domain.facts import MINIMUM_CRITERIA, known
from services.safety.domain.obligations import governing
from services.safety.domain.postponing import put_off
from tests.services.safety.domain.story import CASE, LATER, local, rule_set
from tests.services.safety.domain.test_content import FIRST, first_facts, recorded, reports, safety
from tests.services.safety.domain.test_corrections import all_owed

NEXT_DAY = local("2026-06-02T09:00")
LAST = local("2026-06-20T09:00")
RULES = st.sampled_from(("eu_ctr", "uk_ctr", "us_ind"))
earlier = st.integers(0, 100).map(lambda hours: FIRST.received_at - timedelta(hours=hours))
around = st.integers(-100, 100).map(lambda hours: FIRST.received_at + timedelta(hours=hours))
serious = st.sampled_from(((), ("hospitalisation",), ("death",), ("hospitalisation", "death")))
silent_or_named = st.sampled_from((None, [], ["hospitalisation"], ["death"]))


@pytest.mark.proves("SAF-1", kind="property")
@settings(deadline=None)
@given(serious, serious | st.none(), around, silent_or_named, RULES)
def test_no_receipt_takes_a_due_date_away_or_puts_one_off(
    first: tuple[str, ...],
    followed: tuple[str, ...] | None,
    at: datetime,
    seriousness: list[str] | None,
    rules: str,
) -> None:
    """Of a case whose minimum criteria are held: one that was missing may come with a receipt."""
    report = replace(FIRST, serious=bool(first), seriousness=first)
    facts = first_facts(report)
    if followed is not None:
        news = replace(report, serious=bool(followed), seriousness=followed, received_at=NEXT_DAY)
        told = telling.newly_told(safety(), report, news, known(facts, LAST), "desk", "Site")
        facts += recorded(told, NEXT_DAY)
    body = Receipt.model_validate(
        {
            "party": "cro", "source": "CRO", "received_at": at.isoformat(),
            "criteria": list(MINIMUM_CRITERIA), "seriousness": seriousness,
            "reason": "told by the CRO",
        }
    )  # fmt: skip
    held = life_use_cases.held_then(safety(), known(facts, LAST), body, "Europe/Paris")
    after = [*facts, *recorded(list(held), LAST)]
    assert put_off(all_owed(facts, rules), all_owed(after, rules)) == ()


@settings(deadline=None)
@given(reports, reports, earlier, RULES)
def test_no_follow_up_received_first_and_told_last_takes_a_due_date_away_or_puts_one_off(
    before: Report, after: Report, at: datetime, rules: str
) -> None:
    after = replace(after, received_at=at, aware_at=FIRST.aware_at)
    facts = first_facts(before)
    told = telling.newly_told(safety(), before, after, known(facts, LAST), "cro", "CRO")
    done = [*facts, *recorded(told, LAST)]
    assert put_off(all_owed(facts, rules), all_owed(done, rules)) == ()


@settings(deadline=None)
@given(reports, reports, around, RULES)
def test_a_correction_by_which_the_governing_date_is_later_is_one_that_must_be_signed(
    before: Report, after: Report, at: datetime, rules: str
) -> None:
    after = replace(after, received_at=at)
    facts = first_facts(before)
    told = correcting.corrections(safety(), before, after, known(facts, LAST), "Site")
    owed, done = (
        classify(CASE, each, rule_set(rules), LATER).obligations
        for each in (facts, [*facts, *recorded(told, LAST)])
    )
    then, now = governing(owed), governing(done)
    if then is not None and (now is None or now > then):
        assert put_off(owed, done) != ()


@settings(deadline=None)
@given(serious, around, RULES)
def test_a_death_starts_its_seven_days_at_its_receipt_in_whatever_order_it_came(
    first: tuple[str, ...], at: datetime, rules: str
) -> None:
    report = replace(FIRST, serious=bool(first), seriousness=first)
    died = replace(report, serious=True, seriousness=("death",), received_at=at)
    facts = first_facts(report)
    told = telling.newly_told(safety(), report, died, known(facts, LAST), "cro", "CRO")
    found = classify(CASE, [*facts, *recorded(told, LAST)], rule_set(rules), LATER).obligations
    (fatal,) = [each for each in found if each.kind == "fatal" and each.state == "open"]
    first_heard = min(at, FIRST.received_at) if "death" in first else at
    assert fatal.due_on == first_heard.date() + timedelta(days=7)
