"""Where a time begins, what it rests on, and what no estimator may see."""

from datetime import timedelta

import pytest

from services.analytics.domain.cutoff import cut
from services.analytics.domain.endpoint_times import endpoint_times, origin_warnings
from services.analytics.domain.follow_up import Censoring
from services.analytics.domain.observations import ObservationError
from services.analytics.domain.subjects import members, subjects_at_cutoff
from tests.services.analytics.dated import (
    DAY0,
    FAR,
    alive,
    allocated,
    dead,
    dose,
    kept,
    one,
    recovery,
    response,
    study_data,
    transplant,
)
from tests.services.analytics.times import NCT, day, endpoint, time_of
from tests.support.definitions import shipped

FREIREICH = shipped("freireich-1963")


@pytest.mark.proves("S1", kind="positive")
def test_failure_of_induction_is_dated_at_day_1_in_the_main_analysis_and_at_eot_in_the_other() -> (
    None
):
    records = [response(day(28), "PR"), recovery(day(30))]
    assert time_of("EFS", *records).days == 1
    assert time_of("EFSEOT", *records).days == 30


def test_a_failure_rests_on_the_marrow_that_showed_it_though_dated_elsewhere() -> None:
    row = time_of("EFS", response(day(28), "PR"), recovery(day(30))).to_json()
    assert (row["SRCDOM"], row["SRCVAR"]) == ("response", "assessment_date")
    assert row["dated_by"] == "randomization"
    assert row["record_id"] == "id of S01-001 response C1D28 1"


def test_a_death_rests_on_the_record_behind_its_anchor() -> None:
    row = time_of("OS", dead(day(400))).to_json()
    assert (row["SRCDOM"], row["SRCVAR"]) == ("survival_status", "death_date")
    assert row["SRCSEQ"] == "survival_status/FU60/00001"
    assert row["record_id"] == "id of S01-001 survival_status FU60 1"
    assert (row["CNSR"], row["EVNTDESC"], row["CNSDTDSC"]) == (0, "Death", None)


def test_a_time_that_ends_at_a_transplant_rests_on_the_record_of_it() -> None:
    row = time_of("OSHSCT", transplant(day(90)), alive(day(180))).to_json()
    assert (row["CNSR"], row["ADT"]) == (3, day(90).isoformat())
    assert (row["SRCDOM"], row["SRCVAR"]) == ("hsct", "transplant_date")


def test_a_censored_row_says_why_and_rests_on_the_last_contact() -> None:
    row = time_of("OS", alive(day(180)), alive(day(400), visit="FU12")).to_json()
    assert (row["CNSR"], row["EVNTDESC"], row["CNSDTDSC"]) == (1, None, "Last known alive")
    assert row["SRCSEQ"] == "survival_status/FU12/00001"


@pytest.mark.proves("S4", kind="positive")
def test_survival_counts_from_the_first_dose_and_else_from_randomization() -> None:
    treated = time_of("OS", dose(day(3)), dead(day(400)))
    untreated = time_of("OS", dead(day(400)))
    assert (treated.started_by, treated.days) == ("first_dose", 398)
    assert (untreated.started_by, untreated.days) == ("randomization", 400)


@pytest.mark.proves("S4", kind="positive")
def test_children_never_dosed_are_flagged_and_counted() -> None:
    times = [time_of("OS", dose(day(3)), dead(day(400))), time_of("OS", dead(day(400)))]
    assert origin_warnings(NCT, endpoint("OS"), times) == (
        "1 of 2: time counted from Randomization, for want of First dose of study treatment",
    )
    assert origin_warnings(NCT, endpoint("OS"), times[:1]) == ()


def test_last_contact_before_the_first_dose_censors_at_the_origin() -> None:
    found = time_of("OS", alive(day(2)), dose(day(3)))
    assert (found.days, found.end.reason) == (1, Censoring.NEVER_SEEN)


def test_an_event_before_the_origin_is_an_error_that_names_the_subject_and_the_rule() -> None:
    with pytest.raises(ObservationError, match=r"S01-001: EFS: Death is dated before random"):
        time_of("EFS", dead(day(0)))


def test_an_origin_without_a_date_is_an_error_that_names_the_subject() -> None:
    with pytest.raises(ObservationError, match="S01-001: DOR: first_response has no date"):
        time_of("DOR", dead(day(400)))


def test_responders_are_those_with_a_response_by_the_end_of_treatment() -> None:
    responder = one(NCT, [response(day(28)), recovery(day(28))])
    late = one(NCT, [response(day(40)), recovery(day(28))])
    population = NCT.population("RESP")
    assert members(population, [responder, late]) == (responder,)


def test_a_set_limited_to_arms_or_that_excludes_an_anchor_has_no_others() -> None:
    records = [kept("hsct", {"transplant_date": day(9).isoformat()}, day(9), subject="S01-002")]
    children = [allocated("S01-001"), allocated("S01-002"), allocated("S01-003", arm="ALLR3")]
    subjects = subjects_at_cutoff(NCT, cut(NCT, study_data(records, children), FAR))
    ino = NCT.population("ITT").model_copy(update={"arms": ("INO",)})
    assert [subject.id for subject in members(ino, subjects)] == ["S01-001", "S01-002"]
    unless = NCT.population("ITT").model_copy(update={"unless": ("hsct",)})
    assert [subject.id for subject in members(unless, subjects)] == ["S01-001", "S01-003"]


@pytest.mark.parametrize(("weeks", "relapsed"), [(6, True), (6, False), (0, True)])
def test_the_paper_counts_completed_weeks_from_randomization(weeks: int, relapsed: bool) -> None:
    seen = DAY0 + timedelta(weeks=weeks)
    items = {"status_date": seen.isoformat(), "relapsed": str(relapsed).lower()}
    record = kept("remission_status", items, seen)
    remission = endpoint("REMDUR", FREIREICH)
    (found,) = endpoint_times(FREIREICH, remission, "ITT", [one(FREIREICH, [record])], FAR)
    assert (found.days, found.observation().event) == (7 * weeks, relapsed)
