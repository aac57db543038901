"""Doses and serum samples: adult label (open for this protocol) and plausibility, all assumed."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.assessments.domain.packs.facts import facts_from_json
from services.assessments.domain.packs.pk.results import pk_results
from services.assessments.domain.packs.result import Result
from shared.rules.loading import load_pack
from tests.support.definitions import shipped

PK = {"pk": load_pack("pk")}
START = datetime.fromisoformat("2024-01-29T09:00:00+01:00")
AMOUNTS = {1: "0.8", 8: "0.5", 15: "0.5"}


def dose(day: int = 1, **changes: Any) -> dict[str, Any]:
    start = START + timedelta(days=day - 1)
    items = {
        "record": f"dose {day}",
        "visit": f"C1D{day}",
        "product": "INO",
        "dose_date": start.date().isoformat(),
        "given": True,
        "amount": AMOUNTS.get(day, "0.5"),
        "amount_unit": "mg/m2",
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(minutes=60)).isoformat(),
    }
    return {name: value for name, value in (items | changes).items() if value is not None}


def sample(
    timepoint: str = "END_OF_INFUSION", minutes: float = 60, day: int = 1, **changes: Any
) -> dict[str, Any]:
    """A sample so many minutes after the dose of that day began."""
    drawn = START + timedelta(days=day - 1, minutes=minutes)
    items = {
        "record": f"{timepoint} {day}",
        "visit": f"C1D{day}",
        "sample_date": drawn.date().isoformat(),
        "sample_time": drawn.isoformat(),
        "timepoint": timepoint,
        "concentration": "300",
        "unit": "ng/mL",
        "below_quantification": False,
        "quantification_limit": "1",
    }
    return {name: value for name, value in (items | changes).items() if value is not None}


def derived(doses: list[dict[str, Any]], *samples: dict[str, Any]) -> dict[str, Result]:
    raw = {"subject": "S01-001", "dosing": doses, "pk_sample": list(samples)}
    raw["randomization"] = [{"record": "a", "randomization_date": "2024-01-29"}]
    return {each.derivation: each for each in pk_results(facts_from_json(raw), PK)}


def _of_dose(number: int, *doses: dict[str, Any]) -> tuple[object, tuple[str, ...]]:
    found = derived(list(doses))[f"dose:dose {number}"]
    return found.value, found.notes


def _of_sample(first: dict[str, Any], *others: dict[str, Any]) -> tuple[object, tuple[str, ...]]:
    days = sorted({int(each["visit"].removeprefix("C1D")) for each in (first, *others)} | {1})
    found = derived([dose(day) for day in days], first, *others)[f"pk_sample:{first['record']}"]
    return found.value, found.notes


# Doses -------------------------------------------------------------------------------------------

DOSES: list[tuple[str, int, tuple[dict[str, Any], ...], str, tuple[str, ...]]] = [
    ("a dose as planned", 8, (dose(1), dose(8)), "OK", ()),
    ("two days late is within the window", 8,
     (dose(1), dose(8, dose_date="2024-02-07")), "OK", ()),
    ("three days late is not", 8, (dose(1), dose(8, dose_date="2024-02-08")),
     "FLAGGED", ("deviation_dose_window",)),
    ("one day early is within it", 8, (dose(1), dose(8, dose_date="2024-02-04")), "OK", ()),
    ("six days between doses are enough", 15,
     (dose(1), dose(8, dose_date="2024-02-07"), dose(15, dose_date="2024-02-13")), "OK", ()),
    ("five days are not", 15,
     (dose(1), dose(8, dose_date="2024-02-07"), dose(15, dose_date="2024-02-12")),
     "FLAGGED", ("deviation_dose_interval",)),
    ("a month alone leaves the window open", 8, (dose(1), dose(8, dose_date="2024-02")),
     "OPEN", ()),
    ("exactly 5 % more than planned is within tolerance", 1, (dose(1, amount="0.84"),), "OK", ()),
    ("one digit above 5 % is not", 1, (dose(1, amount="0.8401"),),
     "FLAGGED", ("query_dose_amount",)),
    ("exactly 5 % less is within tolerance", 1, (dose(1, amount="0.76"),), "OK", ()),
    ("one digit below that is not", 1, (dose(1, amount="0.7599"),),
     "FLAGGED", ("query_dose_amount",)),
    ("an absolute amount is compared by body surface area", 1,
     (dose(1, amount="0.96", amount_unit="mg", body_surface_area="1.2"),), "OK", ()),
    ("an absolute amount beyond it", 1,
     (dose(1, amount="1.009", amount_unit="mg", body_surface_area="1.2"),),
     "FLAGGED", ("query_dose_amount",)),
    ("an absolute amount without body surface area stays open", 1,
     (dose(1, amount="0.96", amount_unit="mg"),), "OPEN", ()),
    ("a unit that no dose has", 1, (dose(1, amount_unit="U/m2"),),
     "FLAGGED", ("query_dose_unit",)),
    ("an infusion of 75 minutes", 1,
     (dose(1, end_time=(START + timedelta(minutes=75)).isoformat()),), "OK", ()),
    ("an infusion one second longer", 1,
     (dose(1, end_time=(START + timedelta(minutes=75, seconds=1)).isoformat()),),
     "FLAGGED", ("query_infusion_length",)),
    ("an infusion that ends before it begins", 1,
     (dose(1, end_time=(START - timedelta(minutes=60)).isoformat()),),
     "FLAGGED", ("query_infusion_length",)),
    ("an infusion without times stays open", 1, (dose(1, start_time=None),), "OPEN", ()),
    ("a visit that plans no dose", 22, (dose(1), dose(22)),
     "FLAGGED", ("query_dose_not_planned",)),
]  # fmt: skip


@pytest.mark.proves("ASM-3", kind="negative")
@pytest.mark.parametrize(
    ("number", "doses", "value", "notes"), [pytest.param(*case[1:], id=case[0]) for case in DOSES]
)
def test_a_dose_is_checked(
    number: int, doses: tuple[dict[str, Any], ...], value: str, notes: tuple[str, ...]
) -> None:
    assert _of_dose(number, *doses) == (value, notes)


def test_doses_without_a_visit_are_taken_in_their_order() -> None:
    doses = [dose(1, visit=None), dose(8, visit=None, amount="0.8")]
    assert _of_dose(8, *doses) == ("FLAGGED", ("query_dose_amount",))


def test_doses_of_other_products_and_doses_not_given_are_not_checked() -> None:
    assert derived([dose(1, product="MITOX"), dose(8, given=False)]) == {}


# Samples -----------------------------------------------------------------------------------------

BLQ: dict[str, Any] = {"below_quantification": True}
PRE = ("PRE_DOSE", -10, 8)
SAMPLES: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    ("a peak at the end of infusion", sample(), "OK", ()),
    ("a trough before the dose", sample(*PRE, concentration="30"), "OK", ()),
    ("another unit", sample(unit="ug/mL"), "FLAGGED", ("query_pk_unit",)),
    ("another unit, whose number means nothing beside the limits in ng/mL",
     sample(unit="ug/mL", concentration="0.25"), "FLAGGED", ("query_pk_unit",)),
    ("the unit of the form", sample(unit=None), "OK", ()),
    ("below quantification with its limit", sample(*PRE, concentration="<1", **BLQ), "OK", ()),
    ("below quantification without a number", sample(*PRE, concentration=None, **BLQ), "OK", ()),
    ("0 is never a concentration below quantification",
     sample(*PRE, concentration="0", **BLQ), "FLAGGED", ("query_below_quantification_as_number",)),
    ("a number below the limit of quantification", sample(*PRE, concentration="0.99"),
     "FLAGGED", ("query_below_quantification_as_number",)),
    ("a number at the limit of quantification", sample(*PRE, concentration="1"), "OK", ()),
    ("below quantification without its limit",
     sample(*PRE, concentration="<1", quantification_limit=None, **BLQ),
     "FLAGGED", ("query_quantification_limit_missing",)),
    ("below another limit than the assay's", sample(*PRE, concentration="<5", **BLQ),
     "FLAGGED", ("query_quantification_contradicts",)),
    ("a number that is called below quantification", sample(*PRE, concentration="30", **BLQ),
     "FLAGGED", ("query_quantification_contradicts",)),
    ("below quantification that is called above it", sample(*PRE, concentration="<1"),
     "FLAGGED", ("query_quantification_contradicts",)),
    ("no value and no reason", sample(concentration=None, below_quantification=None), "OPEN", ()),
    ("2000 ng/mL is plausible", sample(concentration="2000"), "OK", ()),
    ("more is flagged", sample(concentration="2000.1"),
     "FLAGGED", ("flag_concentration_implausible",)),
    ("drawn when the infusion ends", sample(minutes=60), "OK", ()),
    ("drawn one minute before it ends", sample(minutes=59),
     "FLAGGED", ("query_sample_before_end_of_infusion",)),
    ("drawn 15 minutes after it", sample(minutes=75), "OK", ()),
    ("drawn 16 minutes after it", sample(minutes=76), "FLAGGED", ("deviation_sample_late",)),
    ("a trough drawn as the infusion begins", sample("PRE_DOSE", 0, 8, concentration="30"),
     "OK", ()),
    ("a trough drawn one minute later", sample("PRE_DOSE", 1, 8, concentration="30"),
     "FLAGGED", ("query_sample_after_start_of_infusion",)),
    ("without its time", sample(sample_time=None), "OPEN", ("sample_time_missing",)),
    ("15 minutes from the nominal time",
     sample(nominal_time=(START + timedelta(minutes=45)).isoformat()), "OK", ()),
    ("16 minutes from the nominal time",
     sample(nominal_time=(START + timedelta(minutes=44)).isoformat()),
     "FLAGGED", ("deviation_sample_time",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("drawn", "value", "notes"), [pytest.param(*case[1:], id=case[0]) for case in SAMPLES]
)
def test_a_sample_is_checked(drawn: dict[str, Any], value: str, notes: tuple[str, ...]) -> None:
    assert _of_sample(drawn) == (value, notes)


@pytest.mark.parametrize(
    ("peak", "trough", "flagged"),
    [("30", "29", False), ("30", "30", True), ("30", "31", True), ("30", "<1", False)],
)
def test_the_peak_of_a_dose_is_above_its_trough(peak: str, trough: str, flagged: bool) -> None:
    high = sample(day=8, concentration=peak)
    low = sample(*PRE, concentration=trough, below_quantification="<" in trough)
    assert ("query_peak_not_above_trough" in _of_sample(high, low)[1]) is flagged


def test_the_trough_of_another_dose_is_not_compared() -> None:
    high = sample(day=8, concentration="30")
    later = sample("PRE_DOSE", -10, 15, concentration="31")
    assert _of_sample(high, later) == ("OK", ())


def test_a_sample_without_a_dose_is_queried() -> None:
    found = derived([], sample())["pk_sample:END_OF_INFUSION 1"]
    assert (found.value, "query_sample_without_dose" in found.notes) == ("FLAGGED", True)


def test_times_in_different_offsets_are_the_same_instant() -> None:
    utc = (START + timedelta(minutes=60)).astimezone(tz=None).isoformat()
    assert _of_sample(sample(sample_time=utc)) == ("OK", ())


# Peak and trough ---------------------------------------------------------------------------------


def test_every_dose_has_a_peak_and_every_later_dose_a_trough() -> None:
    found = derived(
        [dose(1), dose(8), dose(15)],
        sample(concentration="308.50"),
        sample(*PRE, concentration="<1", **BLQ),
        sample(day=8, concentration="290"),
    )
    levels = {name: each.value for name, each in found.items() if name.startswith("pk_")}
    assert levels["pk_peak:C1D1"] == Decimal("308.50")
    assert levels["pk_peak:C1D8"] == Decimal(290)
    # Below quantification stays what it is: never 0.
    assert levels["pk_trough:C1D8"] == "<1"
    assert "pk_trough:C1D1" not in levels
    assert (found["pk_trough:C1D15"].status, found["pk_trough:C1D15"].reason) == ("ne", "no_sample")


def test_a_flagged_sample_gives_a_provisional_peak_and_its_own_check_alone_asks() -> None:
    found = derived([dose(1)], sample(minutes=50))
    peak = found["pk_peak:C1D1"]
    assert (peak.value, peak.status) == (Decimal(300), "provisional")
    asking = [n for n, each in found.items() if "query_sample_before_end_of_infusion" in each.notes]
    assert [name.partition(":")[0] for name in asking] == ["pk_sample"]


def test_a_concentration_in_another_unit_is_no_peak() -> None:
    found = derived([dose(1)], sample(unit="nmol/L"))["pk_peak:C1D1"]
    assert (found.value, found.reason) == (None, "unit_incompatible")


def test_of_several_samples_the_highest_is_the_peak_and_the_lowest_the_trough() -> None:
    second = sample(record="again", concentration="310", minutes=65)
    assert derived([dose(1)], sample(), second)["pk_peak:C1D1"].value == Decimal(310)
    lows = [sample(*PRE, record=each, concentration=each) for each in ("29", "30")]
    assert derived([dose(1), dose(8)], *lows)["pk_trough:C1D8"].value == Decimal(29)


@pytest.mark.proves("ASM-3", kind="oracle")
def test_the_plan_is_that_of_the_study_definition() -> None:
    definition = shipped("NCT05748171")
    (arm,) = (each for each in definition.arms if each.code == "INO")
    (product,) = arm.products
    pack = PK["pk"]
    theirs = [
        (each.day, each.amount, each.minus_days, each.plus_days, each.unit)
        for each in product.doses
    ]
    unit = pack.text("dose_unit")
    assert theirs == [
        (row["day"], Decimal(str(row["amount"])), row["minus_days"], row["plus_days"], unit)
        for row in pack.rows("doses")
    ]
    assert product.minimum_interval_days == pack.integer("minimum_interval_days")
