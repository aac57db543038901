"""From records to times: which event counts, when follow-up ends, and what the row rests on."""

from datetime import date, timedelta

import pytest

from services.analytics.domain.endpoint_times import (
    EndpointTime,
    endpoint_times,
    origin_warnings,
)
from services.analytics.domain.follow_up import NOTHING_LATER, Censoring
from services.analytics.domain.observations import ObservationError
from services.analytics.domain.study_data import KeptRecord
from services.analytics.domain.subjects import members, subjects_at_cutoff
from shared.study import StudyDefinition
from shared.study.endpoints import TimeToEventEndpoint
from shared.study.loading import load_definition, shipped_definitions
from tests.services.analytics.dated import (
    DAY0,
    FAR,
    alive,
    allocated,
    cut_at,
    dead,
    dose,
    kept,
    one,
    recovery,
    relapse,
    response,
    study_data,
    transplant,
)

NCT = load_definition(shipped_definitions()["NCT05748171"])
FREIREICH = load_definition(shipped_definitions()["freireich-1963"])
ANNIVERSARY = date(2029, 1, 29)


def day(number: int) -> date:
    """Study day: randomization is day 1."""
    return DAY0 + timedelta(days=number - 1)


def endpoint(paramcd: str, definition: StudyDefinition = NCT) -> TimeToEventEndpoint:
    found = definition.endpoint(paramcd)
    assert isinstance(found, TimeToEventEndpoint)
    return found


def time_of(paramcd: str, *records: KeptRecord, cutoff: date = FAR) -> EndpointTime:
    (found,) = endpoint_times(NCT, endpoint(paramcd), "ITT", [one(NCT, records, cutoff)], cutoff)
    return found


def test_a_death_is_an_event_on_its_own_day_counting_the_first_day_as_1() -> None:
    found = time_of("EFS", response(day(28)), recovery(day(28)), dead(day(400)))
    assert (found.end.reason, found.end.date, found.days) == (Censoring.EVENT, day(400), 400)
    assert found.end.description == "Death"


def test_the_earliest_event_counts() -> None:
    records = [response(day(28)), recovery(day(28)), dead(day(400)), relapse(day(300))]
    assert time_of("EFS", *records).days == 300


def test_of_two_events_on_one_day_the_one_named_first_in_the_definition_counts() -> None:
    records = [response(day(28)), recovery(day(28)), dead(day(300)), relapse(day(300))]
    assert time_of("EFS", *records).end.description == "Relapse"


def test_without_an_event_the_last_adequate_assessment_censors() -> None:
    records = [
        response(day(28)),
        recovery(day(28)),
        response(day(180), visit="FU06"),
        response(day(400), "NE", visit="FU12"),
    ]
    found = time_of("EFS", *records)
    assert (found.end.reason, found.days) == (Censoring.LAST_SEEN, 180)
    assert not found.observation().event


def test_a_child_never_seen_again_is_censored_at_the_origin() -> None:
    found = time_of("EFS")
    assert (found.end.reason, found.days) == (Censoring.NEVER_SEEN, 1)
    assert found.end.description == NOTHING_LATER


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


def test_a_censored_row_says_why_and_rests_on_the_last_contact() -> None:
    row = time_of("OS", alive(day(180)), alive(day(400), visit="FU12")).to_json()
    assert (row["CNSR"], row["EVNTDESC"], row["CNSDTDSC"]) == (1, None, "Last known alive")
    assert row["SRCSEQ"] == "survival_status/FU12/00001"


@pytest.mark.parametrize(
    ("died", "reason"),
    [(ANNIVERSARY, Censoring.EVENT), (ANNIVERSARY + timedelta(days=1), Censoring.HORIZON)],
)
def test_the_fifth_anniversary_is_the_last_day_on_which_a_death_counts(
    died: date, reason: Censoring
) -> None:
    found = time_of("OS", alive(day(1000)), dead(died))
    assert (found.end.date, found.end.reason) == (ANNIVERSARY, reason)


def test_follow_up_beyond_the_horizon_is_censored_there() -> None:
    found = time_of("OS", alive(ANNIVERSARY + timedelta(days=200)))
    assert (found.end.date, found.end.reason) == (ANNIVERSARY, Censoring.HORIZON)
    assert found.end.description == "5 years from: Randomization"
    assert found.source is None


def test_transplant_ends_follow_up_in_the_variant_and_not_in_the_main_analysis() -> None:
    records = [transplant(day(100)), dead(day(300))]
    assert time_of("OS", *records).days == 300
    variant = time_of("OSHSCT", *records)
    assert (variant.days, variant.end.reason) == (100, Censoring.FOLLOW_UP_ENDED)
    assert not variant.observation().event


def test_an_event_on_the_day_follow_up_ends_beats_censoring() -> None:
    found = time_of("OSHSCT", transplant(day(100)), dead(day(100)))
    assert (found.days, found.end.reason) == (100, Censoring.EVENT)


def test_a_death_after_the_cutoff_is_invisible() -> None:
    records = [alive(day(180)), dead(day(400))]
    seen = time_of("OS", *records, cutoff=day(400))
    blind = time_of("OS", *records, cutoff=day(399))
    assert (seen.days, seen.end.reason) == (400, Censoring.EVENT)
    assert (blind.days, blind.end.reason) == (180, Censoring.LAST_SEEN)


def test_survival_counts_from_the_first_dose_and_else_from_randomization() -> None:
    treated = time_of("OS", dose(day(3)), dead(day(400)))
    untreated = time_of("OS", dead(day(400)))
    assert (treated.started_by, treated.days) == ("first_dose", 398)
    assert (untreated.started_by, untreated.days) == ("randomization", 400)


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
    data = cut_at(NCT, [])
    data = type(data)(data.study, FAR, 3, tuple(children), (), ())
    subjects = subjects_at_cutoff(NCT, data)
    ino = NCT.population("ITT").model_copy(update={"arms": ("INO",)})
    assert [subject.id for subject in members(ino, subjects)] == ["S01-001", "S01-002"]
    from services.analytics.domain.cutoff import cut

    subjects = subjects_at_cutoff(NCT, cut(NCT, study_data(records, children), FAR))
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
