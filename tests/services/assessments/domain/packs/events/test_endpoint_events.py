"""Event, censoring and dating rules of the pack `events` (NCT05748171; assumed ones say so)."""

import pytest

from services.assessments.domain.packs.events.endpoints import endpoint_results
from services.assessments.domain.packs.result import explain
from shared.rules.loading import changed_pack
from tests.services.assessments.domain.packs.events.courses import (
    EVENTS,
    FAILED,
    MRD,
    RESPONDED,
    Entry,
    alive,
    car_t,
    course,
    day,
    dead,
    dose,
    end_of,
    facts,
    hsct,
    mrd,
    ne_of,
    progression,
    recovery,
    relapse,
    response,
    second,
    therapy,
)

# (case, endpoint, entries, rule that ended the time, day of origin counted as 1, kind)
CASES: list[tuple[str, str, tuple[Entry, ...], tuple[str, int, str]]] = [
    ("death on its own date is an event (record)", "EFS", (*RESPONDED, dead(400)),
     ("death", 400, "event")),
    ("the earliest of several events counts (record)", "EFS",
     (*RESPONDED, dead(400), relapse(300)), ("relapse", 300, "event")),
    ("of two events of one day the one named first counts (assumed)", "EFS",
     (*RESPONDED, dead(300), relapse(300)), ("relapse", 300, "event")),
    ("progression needs no response before it (record)", "EFS",
     (dose(1), progression(20)), ("progression", 20, "event")),
    ("a second malignancy is an event of event-free survival (record)", "EFS",
     (*RESPONDED, second(200), alive(300)), ("second_malignancy", 200, "event")),
    ("a second malignancy is no event of duration of response (record)", "DOR",
     (*RESPONDED, second(200), response(230)), ("last_response_assessment", 203, "last_seen")),
    ("without an event the last evaluable assessment censors (assumed)", "EFS",
     (*RESPONDED, response(180), response(400, "NE")),
     ("last_response_assessment", 180, "last_seen")),
    ("alive and never evaluable: censored at randomization (assumed)", "EFS",
     (dose(1), response(28, "NE"), recovery(28), alive(300)), ("never_seen", 1, "never_seen")),
    ("induction failure is dated at randomization in the main analysis (assumed)", "EFS",
     (*FAILED, dead(90)), ("induction_failure_day1", 1, "event")),
    ("induction failure is dated at end of treatment in the sensitivity analysis (assumed)",
     "EFSEOT", (*FAILED, dead(90)), ("induction_failure_eot", 28, "event")),
    ("without an end of treatment there is no induction failure yet (assumed)", "EFS",
     (dose(1), response(28, "SD")), ("last_response_assessment", 28, "last_seen")),
    ("a response by the end of treatment is no failure, whatever came before (assumed)", "EFS",
     (dose(1), response(15, "SD"), response(28, "CRi"), recovery(28)),
     ("last_response_assessment", 28, "last_seen")),
    ("a response after the end of treatment does not count (assumed)", "EFS",
     (dose(1), response(26, "SD"), response(40, "CR"), recovery(28)),
     ("induction_failure_day1", 1, "event")),
    ("a response on the day new therapy starts does not count (assumed)", "EFS",
     (dose(1), response(20, "SD"), response(26, "CR"), therapy(26)),
     ("induction_failure_day1", 1, "event")),
    ("a relapse without a response before it is no relapse (record)", "EFS",
     (dose(1), response(28, "NE"), recovery(28), relapse(60)), ("never_seen", 1, "never_seen")),
    ("death before any assessment counts on its own date (assumed)", "EFS",
     (dose(1), dead(12)), ("death", 12, "event")),
    ("MRD of exactly 1e-4 before HSCT is persistence, dated at the sample (assumed)", "EFS",
     (*RESPONDED, mrd(60, "0.0001"), hsct(90)), ("mrd_persistence", 60, "event")),
    ("MRD just below 1e-4 before HSCT is none (assumed)", "EFS",
     (*RESPONDED, mrd(60, "0.000099"), hsct(90)), ("last_response_assessment", 28, "last_seen")),
    ("only the last MRD before HSCT decides (assumed)", "EFS",
     (*RESPONDED, mrd(40, "0.01"), mrd(60, "0.00001"), hsct(90)),
     ("last_response_assessment", 28, "last_seen")),
    ("an MRD on the day of HSCT is not before it (assumed)", "EFS",
     (*RESPONDED, mrd(40, "0.00001"), mrd(90, "0.01"), hsct(90)),
     ("last_response_assessment", 28, "last_seen")),
    ("flow cytometry stands in where RQ-PCR is not evaluable (record)", "EFS",
     (*RESPONDED, mrd(60, "0.00001", sample="s", valid=False),
      mrd(60, "0.002", method="FC", sample="s"), hsct(90)), ("mrd_persistence", 60, "event")),
    ("MRD persistence without HSCT is no event (record: before HSCT)", "EFS",
     (*RESPONDED, mrd(60, "0.01")), ("last_response_assessment", 28, "last_seen")),
    ("HSCT does not censor the main analysis (assumed)", "OS",
     (*RESPONDED, hsct(100), dead(300)), ("death", 300, "event")),
    ("follow-up ends at HSCT in the sensitivity analysis (assumed)", "OSHSCT",
     (*RESPONDED, hsct(100), dead(300)), ("hsct_ends_follow_up", 100, "follow_up_ended")),
    ("a death on the day of HSCT still counts in the sensitivity analysis (assumed)", "OSHSCT",
     (*RESPONDED, hsct(100), dead(100)), ("death", 100, "event")),
    ("new therapy and CAR T cells censor nothing (assumed)", "EFS",
     (*RESPONDED, therapy(40), car_t(60), relapse(300)), ("relapse", 300, "event")),
    ("overall survival starts at the first dose (record)", "OS",
     (dose(3), alive(300)), ("last_known_alive", 298, "last_seen")),
    ("overall survival of the never treated starts at randomization (assumed)", "OS",
     (dose(3, given=False), alive(300)), ("last_known_alive", 300, "last_seen")),
    ("duration of response starts at the first response (record)", "DOR",
     (*RESPONDED, relapse(300)), ("relapse", 273, "event")),
    ("a death on the fifth anniversary counts (record)", "OS",
     (*RESPONDED, dead("2029-01-29")), ("death", 1828, "event")),
    ("a death on the day after it is censored at the anniversary (record)", "OS",
     (*RESPONDED, dead("2029-01-30")), ("horizon", 1828, "horizon")),
    ("duration of response is followed five years from end of treatment (record)", "DOR",
     (*RESPONDED, response("2029-02-25"), dead("2029-02-26")), ("horizon", 1828, "horizon")),
    ("HSCT before any study treatment does not count (record: after treatment)", "HSCT",
     (hsct(2), dose(5), alive(300)), ("last_known_alive", 300, "last_seen")),
    ("HSCT of the never treated does not count (record: after treatment)", "HSCT",
     (hsct(90), alive(300)), ("last_known_alive", 300, "last_seen")),
    ("HSCT on the day of the first dose counts (assumed)", "HSCT",
     (dose(5), hsct(5), alive(300)), ("hsct_after_treatment", 5, "event")),
    ("death without HSCT competes with it (assumed)", "HSCT",
     (*RESPONDED, dead(80)), ("death", 80, "competing")),
    ("CAR T cells after treatment count (record)", "CART",
     (*RESPONDED, car_t(120), dead(200)), ("car_t_after_treatment", 120, "event")),
    ("CAR T cells before treatment do not count (record: after treatment)", "CART",
     (car_t(2), dose(5), alive(300)), ("last_known_alive", 300, "last_seen")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("endpoint", "entries", "expected"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_the_time_ends_by_the_rule(
    endpoint: str, entries: tuple[Entry, ...], expected: tuple[str, int, str]
) -> None:
    assert end_of(endpoint, *entries) == expected


def test_a_death_before_any_assessment_is_dated_at_day_1_where_the_switch_says_so() -> None:
    switched = changed_pack("events", {"early_death_dated_at": "day1"})
    early = (dose(1), dead(12))
    assert end_of("EFS", *early, pack=switched) == ("early_death_day1", 1, "event")
    assert end_of("EFSEOT", *early, pack=switched) == ("death", 12, "event")
    assert end_of("OS", *early, pack=switched) == ("death", 12, "event")
    responder = (dose(1), response(10), dead(12))
    assert end_of("EFS", *responder, pack=switched) == ("death", 12, "event")
    late = (*RESPONDED, dead(12 + 28))
    assert end_of("EFS", *late, pack=switched) == ("death", 40, "event")
    after = (dose(1), recovery(28), dead(29))
    assert end_of("EFS", *after, pack=switched) == ("death", 29, "event")


def test_the_never_treated_are_flagged_where_time_counts_from_day_1() -> None:
    results = course(alive(300))
    assert "never_dosed" in results["OS"].result.notes
    assert "never_dosed" not in results["EFS"].result.notes
    assert "never_dosed" not in course(dose(1), alive(300))["OS"].result.notes


@pytest.mark.proves("S2", kind="negative")
def test_only_responders_have_a_duration_of_response() -> None:
    assert ne_of("DOR", *FAILED) == "not_a_responder"


def test_an_event_before_the_origin_is_told_and_not_counted() -> None:
    assert ne_of("OS", dose(10), dead(5)) == "event_before_origin"


def test_nothing_is_derived_before_randomization() -> None:
    results = endpoint_results(facts(dose(1), randomized=False), EVENTS, MRD)
    assert {each.result.status for each in results} == {"pending"}
    assert {each.result.reason for each in results} == {"not_randomized"}


def test_an_event_is_final_and_a_censoring_is_not_until_the_time_frame_ends() -> None:
    assert course(*RESPONDED, dead(300))["OS"].result.status == "final"
    assert course(*RESPONDED, alive(300))["OS"].result.status == "provisional"
    assert course(*RESPONDED, alive("2029-03-01"))["OS"].result.status == "final"


def test_a_rate_says_no_until_it_happens() -> None:
    assert course(*RESPONDED, alive(300))["HSCT"].result.value == "NO"
    found = course(*RESPONDED, hsct(120))["HSCT"].result
    assert str(found.value) == day(120)


# Partial dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "entries"),
    [
        ("the day of a death decides the time", (*RESPONDED, dead("2024-08"))),
        ("a relapse that may come before the death", (*RESPONDED, relapse("2024-08"), dead(200))),
        ("a therapy that may end treatment before the response",
         (dose(1), response(24), therapy("2024-02"), recovery(28), relapse(90))),
        ("a relapse that may be of the day of the death, and is named before it",
         (*RESPONDED, relapse("2024-08"), dead("2024-08-01"))),
        ("a positive MRD that may come before or after a negative one",
         (*RESPONDED, mrd("2024-04", "0.01"), mrd("2024-04-10", "0.00001"), hsct(120))),
        ("a year that may lie before randomization", (*RESPONDED, progression("2024"))),
    ],
)  # fmt: skip
def test_a_partial_date_that_decides_gives_ne_and_a_query(
    case: str, entries: tuple[Entry, ...]
) -> None:
    found = course(*entries)["EFS"].result
    assert (found.status, found.reason) == ("ne", "partial_date"), case
    assert "query_partial_date" in found.notes


@pytest.mark.parametrize(
    ("case", "entries", "expected"),
    [
        ("a later event in whichever month", (*RESPONDED, relapse(100), dead("2024-08")),
         ("relapse", 100, "event")),
        ("a death that may be of the day of the relapse, and is named after it",
         (*RESPONDED, relapse("2024-08-01"), dead("2024-08")), ("relapse", 186, "event")),
        ("an earlier assessment", (*RESPONDED, response("2024-04"), response(180)),
         ("last_response_assessment", 180, "last_seen")),
        ("a second relapse", (*RESPONDED, relapse(100), relapse("2025")),
         ("relapse", 100, "event")),
        ("a therapy after recovery", (*RESPONDED, therapy("2024-03"), relapse(90)),
         ("relapse", 90, "event")),
    ],
)  # fmt: skip
def test_a_partial_date_that_decides_nothing_does_no_harm(
    case: str, entries: tuple[Entry, ...], expected: tuple[str, int, str]
) -> None:
    assert end_of("EFS", *entries) == expected, case


def test_a_relapse_that_counts_perhaps_leaves_open_whether_hsct_ended_follow_up() -> None:
    # A responder was followed beyond HSCT; of a non-responder nothing is known after day 28.
    entries = (dose(1), response(28), recovery(28), therapy("2024-02"), hsct(60), relapse(90))
    assert ne_of("EFSHSCT", *entries) == "partial_date"


def test_a_death_without_a_date_is_never_overheard() -> None:
    told = ("survival_status", {"contact_date": day(200), "status": "DEAD"})
    assert ne_of("OS", *RESPONDED, alive(150), told) == "death_date_missing"
    assert end_of("EFS", *RESPONDED, relapse(100), alive(150), told) == ("relapse", 100, "event")


# Traceability ------------------------------------------------------------------------------------


def test_every_dated_ending_carries_the_record_and_item_it_rests_on() -> None:
    row = course(*RESPONDED, relapse(300))["EFS"].row
    assert row is not None
    assert row.to_json() == {
        "PARAMCD": "EFS",
        "STARTDT": day(1),
        "started_by": "randomization",
        "ADT": day(300),
        "AVAL": 300,
        "CNSR": 0,
        "EVNTDESC": "Relapse",
        "CNSDTDSC": None,
        "rule": "relapse",
        "dated_by": None,
        "SRCDOM": "relapse_progression",
        "SRCVAR": "event_date",
        "SRCSEQ": "relapse_progression/001",
    }


def test_of_two_records_of_one_day_one_is_named_as_the_source() -> None:
    first = course(*RESPONDED, relapse(90), relapse(90))["EFS"].row
    assert first is not None
    assert first.source_record == "relapse_progression/001"
    last = course(*RESPONDED, response(90), response(90))["EFS"].row
    assert last is not None
    assert last.source_record == "response/003"


def test_an_induction_failure_names_the_assessment_and_the_milestone_that_dates_it() -> None:
    row = course(*FAILED)["EFSEOT"].row
    assert row is not None
    assert (row.source_form, row.source_record, row.dated_by) == ("response", "response/001", "eot")


def test_the_trace_tells_every_rule_of_the_endpoint_with_its_verdict() -> None:
    found = course(*RESPONDED, relapse(300))["EFS"].result
    (endpoint,) = (row for row in EVENTS.rows("endpoints") if row["id"] == "EFS")
    events = endpoint["events"]
    assert isinstance(events, tuple)
    verdicts = {verdict.rule: verdict.holds for verdict in found.tried}
    assert set(events) <= set(verdicts)
    assert (verdicts["relapse"], verdicts["death"]) == (True, False)
    words = explain(found)
    assert "Decided by rule relapse" in words
    assert "relapse_progression/001: event_date" in words
    assert "EVNTDESC Relapse" in words
    assert {ref.record for ref in found.inputs} >= {"allocation", "relapse_progression/001"}
