"""Rules over time and over versions: dates that must agree, ids that stay for life."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from services.safety.e2b.model import Reaction
from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.registry import Registry
from services.safety.e2b.values import Date, Precision, Stamp

OWN = Registry()
_FATAL = "5"
_YEAR = "a"
_NULLIFIES, _AMENDS = "1", "2"
_SERIOUS = ("a", "b", "c", "d", "e", "f")


@OWN.holds("INDUCT.N.2.r.1.UNIQUE")
def told_once(scene: Scene) -> Iterator[Finding]:
    number = scene.message.n_2_r_1
    first = next(one for one in scene.batch.messages if one.n_2_r_1 == number)
    if number is not None and first is not scene.message:
        yield Finding(scene.at)


@OWN.holds("INDUCT.C.1.2.CROSS")
def created_last(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    known = [c_1.c_1_4, c_1.c_1_5, *(one.e_i_4 for one in scene.report.e_i)]
    if any(certainly_before(c_1.c_1_2, each) for each in known):
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("INDUCT.C.1.5.CROSS")
def newest_not_older(scene: Scene) -> Iterator[Finding]:
    if certainly_before(scene.report.c_1.c_1_5, scene.report.c_1.c_1_4):
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("INDUCT.C.1.7.CROSS")
def expedited_is_serious(scene: Scene) -> Iterator[Finding]:
    events = scene.report.e_i
    if scene.report.c_1.c_1_7 is True and events and not any(map(is_serious, events)):
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("INDUCT.D.2.2a.CROSS")
def age_agrees(scene: Scene) -> Iterator[Finding]:
    patient = scene.report.d
    born, years = _year(patient.d_2_1), number_of(patient.d_2_2a)
    onsets = [year for one in scene.report.e_i if (year := _year(one.e_i_4)) is not None]
    if born is None or years is None or patient.d_2_2b != _YEAR or not onsets:
        return
    # Years apart count at most one more than birthdays.
    if not any(abs(onset - born - years) <= 1 for onset in onsets):
        yield Finding(f"{scene.at}/D")


@OWN.holds("INDUCT.D.9.1.CROSS")
def death_dated(scene: Scene) -> Iterator[Finding]:
    died = any(one.e_i_3_2a is True or one.e_i_7 == _FATAL for one in scene.report.e_i)
    if died and scene.report.d.d_9_1 is None:
        yield Finding(f"{scene.at}/D")


@OWN.holds("INDUCT.E.i.5.CROSS")
def ends_after_start(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.e_i, start=1):
        if certainly_before(one.e_i_5, one.e_i_4):
            yield Finding(f"{scene.at}/E.i[{number}]")


@OWN.holds("INDUCT.E.i.7.CROSS")
def fatal_is_death(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.e_i, start=1):
        if one.e_i_7 == _FATAL and one.e_i_3_2a is not True:
            yield Finding(f"{scene.at}/E.i[{number}]")


@OWN.holds("INDUCT.G.k.2.5.CROSS")
def nothing_blinded(scene: Scene) -> Iterator[Finding]:
    for number, drug in enumerate(scene.report.g_k, start=1):
        if scene.context.open_label and drug.g_k_2_5 is not None:
            yield Finding(f"{scene.at}/G.k[{number}]")


@OWN.holds("INDUCT.E.i.2.1b.VOID")
def coded_as_it_is_called(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.e_i, start=1):
        if one.entity in scene.context.to_code_again:
            yield Finding(f"{scene.at}/E.i[{number}]")


@OWN.holds("ICH.C.1.1.LIFE")
def number_stays(scene: Scene) -> Iterator[Finding]:
    before = scene.context.previous
    if before is not None and before.c_1.c_1_1 != scene.report.c_1.c_1_1:
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("ICH.C.1.8.1.LIFE")
def worldwide_number_stays(scene: Scene) -> Iterator[Finding]:
    before = scene.context.previous
    if before is not None and before.c_1.c_1_8_1 != scene.report.c_1.c_1_8_1:
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("ICH.C.1.4.LIFE")
def first_receipt_stays(scene: Scene) -> Iterator[Finding]:
    before = scene.context.previous
    if before is not None and before.c_1.c_1_4 != scene.report.c_1.c_1_4:
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("ICH.C.1.2.LIFE")
def later_is_later(scene: Scene) -> Iterator[Finding]:
    before = scene.context.previous
    if before is None:
        return
    sent, now = _instant(before.c_1.c_1_2), _instant(scene.report.c_1.c_1_2)
    if sent is not None and now is not None and now <= sent:
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("ICH.C.1.11.1.LIFE")
def first_changes_nothing(scene: Scene) -> Iterator[Finding]:
    if scene.context.initial is True and scene.report.c_1.c_1_11_1 is not None:
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("INDUCT.C.1.11.1.LIFE")
def nullified_once(scene: Scene) -> Iterator[Finding]:
    before = scene.context.previous
    if before is not None and before.c_1.c_1_11_1 == _NULLIFIES:
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("INDUCT.C.1.11.1.CROSS")
def nullifies_the_nullified(scene: Scene) -> Iterator[Finding]:
    nullified = scene.context.nullified
    if nullified is not None and nullified is not (scene.report.c_1.c_1_11_1 == _NULLIFIES):
        yield Finding(f"{scene.at}/C.1")


@OWN.holds("INDUCT.C.1.5.LIFE")
def amendment_brings_no_news(scene: Scene) -> Iterator[Finding]:
    before, c_1 = scene.context.previous, scene.report.c_1
    if before is not None and c_1.c_1_11_1 == _AMENDS and c_1.c_1_5 != before.c_1.c_1_5:
        yield Finding(f"{scene.at}/C.1")


def is_serious(reaction: Reaction) -> bool:
    """Whether one of the six criteria is met."""
    return any(getattr(reaction, f"e_i_3_2{letter}") is True for letter in _SERIOUS)


def certainly_before(one: Date, other: Date) -> bool:
    """Whether the first is certainly before the other, at the coarser of their precisions."""
    if not isinstance(one, Stamp) or not isinstance(other, Stamp):
        return False
    if one.precision is None or other.precision is None:
        return False
    shared = min(one.precision, other.precision)
    if shared <= Precision.DAY:  # calendar dates, each in its own place
        digits = (4, 6, 8)[shared - 1]
        return one.text[:digits] < other.text[:digits]
    first, second = one.earliest(), other.earliest()
    return first is not None and second is not None and first < second


def _instant(value: Date) -> datetime | None:
    return value.earliest() if isinstance(value, Stamp) else None


def _year(value: Date) -> int | None:
    if not isinstance(value, Stamp) or value.precision is None:
        return None
    return int(value.text[:4])


def number_of(text: str | None) -> Decimal | None:
    try:
        number = None if text is None else Decimal(text)
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
