"""What holds for whatever versions, receipts and corrections tell: no due date goes in silence."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.safety import life_use_cases
from services.safety.case_schemas import Receipt
from services.safety.domain import correcting, telling
from services.safety.domain.case import Report
from services.safety.domain.facts import MINIMUM_CRITERIA, known
from services.safety.domain.obligations import governing
from services.safety.domain.postponing import put_off
from tests.services.safety.domain.story import local
from tests.services.safety.domain.test_content import FIRST, first_facts, recorded, reports, safety
from tests.services.safety.domain.test_corrections import all_owed

LAST = local("2026-06-20T09:00")
RULES = st.sampled_from(("eu_ctr", "uk_ctr", "us_ind"))
earlier = st.integers(0, 100).map(lambda hours: FIRST.received_at - timedelta(hours=hours))
around = st.integers(-100, 100).map(lambda hours: FIRST.received_at + timedelta(hours=hours))
named = st.none() | st.lists(st.sampled_from(("death", "hospitalisation")), unique=True)


@settings(deadline=None)
@given(reports, around, named, st.sets(st.sampled_from(MINIMUM_CRITERIA)), RULES)
def test_no_receipt_takes_a_due_date_away_or_puts_one_off(
    report: Report, at: datetime, seriousness: list[str] | None, held: set[str], rules: str
) -> None:
    facts = first_facts(report)
    body = Receipt.model_validate(
        {"party": "cro", "source": "CRO", "received_at": at.isoformat(), "criteria": sorted(held),
         "seriousness": seriousness, "reason": "told by the CRO"}
    )  # fmt: skip
    # A criterion that was missing may come with it: then Day 0 is when the last one was held.
    assume(report.suspect_product is not None and report.event_term is not None)
    told = life_use_cases.held_then(safety(), known(facts, LAST), body, "Europe/Paris")
    after = [*facts, *recorded(list(told), LAST)]
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
    owed, done = all_owed(facts, rules), all_owed([*facts, *recorded(told, LAST)], rules)
    then, now = governing(owed), governing(done)
    if then is not None and (now is None or now > then):
        assert put_off(owed, done) != ()
