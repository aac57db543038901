"""The pack's endpoints are those that analytics derives from the shipped study definition."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import pytest

from services.analytics.domain.endpoint_times import endpoint_times
from services.analytics.domain.follow_up import last_day
from services.analytics.domain.observations import ObservationError
from services.analytics.domain.proportions import succeeded
from services.analytics.domain.study_data import KeptRecord
from services.analytics.domain.subjects import Subject, members, occurrences
from services.assessments.domain.packs.events.endpoints import (
    EndpointResult,
    EndpointRow,
    endpoint_results,
)
from services.assessments.domain.packs.events.failure import treatment_failures
from services.assessments.domain.packs.events.milestones import milestones
from shared.study.dates import Period
from shared.study.derivation import occurrence
from shared.study.endpoints import ProportionEndpoint, TimeToEventEndpoint
from tests.services.analytics.dated import DAY0, FAR, kept, one
from tests.services.assessments.domain.packs.events.courses import (
    EVENTS,
    MRD,
    Entry,
    alive,
    car_t,
    dead,
    dose,
    facts,
    hsct,
    mrd,
    progression,
    recovery,
    relapse,
    response,
    second,
    therapy,
)
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
SEEDS = range(400)
TIMES = ("EFS", "EFSEOT", "EFSHSCT", "DOR", "OS", "OSHSCT")
SHARES = ("HSCT", "CART")


def _induction(draw: random.Random) -> Iterator[Entry]:
    if draw.random() < 0.9:
        yield dose(draw.randint(1, 4))
        yield dose(9, given=draw.random() < 0.8)
    end = draw.randint(20, 31)
    if draw.random() < 0.8:
        yield recovery(end)
    if draw.random() < 0.6:
        yield therapy(draw.randint(15, 45))
    if draw.random() < 0.9:
        yield response(end + draw.choice((-3, 0, 0, 0, 2)), draw.choice(CODES))
    if draw.random() < 0.3:
        yield response(draw.randint(10, 60), draw.choice(CODES))
    for number in range(draw.randint(0, 3)):
        when = draw.randint(20, 90)
        fraction = draw.choice(("0.00005", "0.000099", "0.0001", "0.02"))
        yield mrd(when, fraction, sample=f"s{number}", valid=draw.random() < 0.8)
        yield mrd(when, draw.choice(("0.00005", "0.003")), method="FC", sample=f"s{number}")


def _later(draw: random.Random) -> Iterator[Entry]:
    far = 5 * 365 + 60
    makers = (relapse, progression, second, hsct, car_t)
    for make, chance in zip(makers, (0.4, 0.25, 0.1, 0.5, 0.3), strict=True):
        for _ in range(2 if draw.random() < 0.1 else 1):
            if draw.random() < chance:
                yield make(draw.choice((draw.randint(1, 120), draw.randint(1, far))))
    for _ in range(draw.randint(0, 3)):
        yield alive(draw.randint(1, far + 300))
        yield response(draw.randint(29, far + 300), draw.choice(("CR", "CRi", "PD", "NE")))
    if draw.random() < 0.5:
        yield dead(draw.choice((draw.randint(1, 40), draw.randint(1, far + 100))))


CODES = ("CR", "CRp", "CRi", "PR", "SD", "PD", "NE")


@cache
def _entries(seed: int) -> list[Entry]:
    draw = random.Random(seed)
    return [*_induction(draw), *_later(draw)]


def _as_kept(entries: list[Entry]) -> Iterator[KeptRecord]:
    numbers: dict[str, int] = {}
    for form, items in entries:
        numbers[form] = numbers.get(form, 0) + 1
        texts = {
            name: str(value).lower() if value in (True, False) else value
            for name, value in items.items()
        }
        yield kept(form, texts, None, visit="UNSCHEDULED", repeat=numbers[form])


@cache
def _subject(seed: int) -> Subject:
    return one(NCT, _as_kept(_entries(seed)))


@cache
def _both(seed: int) -> tuple[Subject, dict[str, EndpointResult]]:
    results = endpoint_results(facts(*_entries(seed)), EVENTS, MRD)
    return _subject(seed), {each.result.derivation: each for each in results}


def _record(record: str | None) -> str | None:
    """Our id of a record as the key under which analytics keeps it."""
    if record is None:
        return None
    form, number = record.split("/")
    return f"{form}/UNSCHEDULED/{int(number):05}"


def _ours(row: EndpointRow) -> tuple[object, ...]:
    words = row.description if row.kind == "event" else None
    source = (row.source_form, row.source_item, _record(row.source_record))
    return row.start, row.end, row.days, row.cnsr, words, *source


def _theirs(endpoint: TimeToEventEndpoint, subject: Subject) -> tuple[object, ...] | str:
    if not members(NCT.population(endpoint.populations[0]), [subject]):
        return "not_a_responder"
    try:
        (time,) = endpoint_times(NCT, endpoint, endpoint.populations[0], [subject], FAR)
    except ObservationError:
        return "event_before_origin"
    words = time.end.description if time.observation().event else None
    source = time.source
    triple = (
        (None, None, None)
        if source is None
        else (source.record.form, source.item, source.record.key)
    )
    return time.start, time.end.date, time.days, int(time.end.reason), words, *triple


@pytest.mark.proves("S1", kind="oracle")
@pytest.mark.proves("S2", kind="oracle")
@pytest.mark.parametrize("paramcd", TIMES)
def test_start_end_days_censoring_words_and_source_agree_on_400_seeded_children(
    paramcd: str,
) -> None:
    endpoint = NCT.endpoint(paramcd)
    assert isinstance(endpoint, TimeToEventEndpoint)
    seen = set()
    for seed in SEEDS:
        subject, results = _both(seed)
        theirs, ours = _theirs(endpoint, subject), results[paramcd]
        found = ours.result.reason if ours.row is None else _ours(ours.row)
        assert found == theirs, f"seed {seed}"
        seen.add(theirs if isinstance(theirs, str) else theirs[3])
    # A comparison in which hardly anything happens proves nothing.
    assert {0, 1, 2} <= seen


@pytest.mark.proves("S3", kind="oracle")
@pytest.mark.proves("S9", kind="oracle")
@pytest.mark.parametrize("paramcd", SHARES)
def test_successes_and_their_dates_agree_on_400_seeded_children(paramcd: str) -> None:
    endpoint = NCT.endpoint(paramcd)
    assert isinstance(endpoint, ProportionEndpoint)
    successes = 0
    for seed in SEEDS:
        subject, results = _both(seed)
        row = results[paramcd].row
        assert row is not None
        theirs = _success(endpoint, subject)
        if row.kind != "competing":
            assert (row.end if row.kind == "event" else None) == theirs, f"seed {seed}"
        assert theirs is None or succeeded(NCT, endpoint, subject, FAR)
        successes += theirs is not None
    assert successes > 30


def _success(endpoint: ProportionEndpoint, subject: Subject) -> date | None:
    last = last_day(NCT, endpoint, subject)
    assert last is not None
    found = occurrences(NCT, endpoint.successes, subject, last.date)
    return found[0].date if found else None


@pytest.mark.proves("S1", kind="oracle")
@pytest.mark.parametrize(
    ("number", "source"), [(0, "induction_failure_day1"), (1, "induction_failure_eot")]
)
def test_both_datings_of_treatment_failure_agree_on_400_seeded_children(
    number: int, source: str
) -> None:
    failures = 0
    for seed in SEEDS:
        entries, subject = _entries(seed), _subject(seed)
        event = NCT.event_source(source)
        theirs = occurrence(NCT, event, subject.records, subject.anchors)
        ours = treatment_failures(facts(*entries), EVENTS, MRD)[number]
        dated = ours.value if isinstance(ours.value, date) else None
        assert dated == (None if theirs is None else theirs.date), f"seed {seed}"
        failures += dated is not None
    assert failures > 30


@pytest.mark.parametrize("anchor", ["first_dose", "eot", "first_response", "hsct", "death", "day1"])
def test_milestones_agree_with_the_anchors_of_the_definition(anchor: str) -> None:
    for seed in SEEDS:
        entries, subject = _entries(seed), _subject(seed)
        found = getattr(milestones(facts(*entries), EVENTS), anchor)
        ours = found.span.exact if found.exists else None
        assert ours == subject.anchors.get(anchor), f"seed {seed}"


def test_the_time_frame_and_the_events_of_every_endpoint_are_those_of_the_definition() -> None:
    for row in EVENTS.rows("endpoints"):
        endpoint = NCT.endpoint(str(row["id"]))
        assert isinstance(endpoint, TimeToEventEndpoint | ProportionEndpoint)
        assert endpoint.horizon is not None
        frame = (row["horizon_from"], row["horizon_years"], row["origin"], row["outcome"])
        theirs = (endpoint.horizon.anchor, endpoint.horizon.years, endpoint.origin)
        assert frame == (*theirs, endpoint.outcome)
        assert row.get("variant_of") == endpoint.variant_of
    assert Period(years=5).after(DAY0) - DAY0 > timedelta(days=5 * 365)
