"""Missing results of an endpoint: who is expected to have one, and why it is not there."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.analytics.domain.adam.model import model_of
from services.analytics.domain.adam.selector import Selector
from services.analytics.domain.adam.tables import Derived, tables_of
from services.analytics.domain.analysis_sets import memberships
from services.analytics.domain.cutoff import cut
from services.analytics.domain.missing import count_missing
from services.analytics.domain.missing_rows import NONE_EXPECTED, missing_rows
from services.analytics.domain.proportions import ProportionPlan, proportion_rows, shares
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.study_data import KeptRecord
from services.analytics.domain.subjects import Subject, members, subjects_at_cutoff
from services.analytics.exact_limits import ENGINE, clopper_pearson
from services.analytics.report.tables import by_group
from shared.study import StudyDefinition
from shared.study.endpoints import ProportionEndpoint
from tests.services.analytics.dated import (
    DAY0,
    FAR,
    allocated,
    kept,
    recovery,
    response,
    study_data,
)
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
OPEN, CLOSED = OutputClass.OPEN, OutputClass.CLOSED
RESPONDED, ENDED = response(DAY0 + timedelta(days=20)), recovery(DAY0 + timedelta(days=30))


def sample(kind: str = "NEG", days: int = 25) -> KeptRecord:
    on = DAY0 + timedelta(days=days)
    items = {
        "sample_id": "M", "sample_date": on.isoformat(), "method": "RQPCR", "assay_valid": "true",
        "kind": kind, "sensitivity": "0.00001",
    }  # fmt: skip
    return kept("mrd", items, on, visit="C1D28")


# By child: arm and records. Expected of all but the last two.
CHILDREN: tuple[tuple[str, tuple[KeptRecord, ...]], ...] = (
    ("INO", (RESPONDED, ENDED, sample())),
    ("INO", (RESPONDED, ENDED, sample("NE"))),
    ("INO", (RESPONDED, ENDED)),
    ("ALLR3", (RESPONDED, ENDED, sample(days=10))),  # before the response
    ("ALLR3", (RESPONDED, sample())),  # whose treatment has no end
    ("ALLR3", (ENDED, sample())),
    ("INO", ()),
)


def subjects(definition: StudyDefinition = NCT) -> tuple[Subject, ...]:
    names = [f"S01-{number}" for number in range(len(CHILDREN))]
    records = [
        replace(each, subject=name)
        for name, (_, own) in zip(names, CHILDREN, strict=True)
        for each in own
    ]
    children = [allocated(name, arm) for name, (arm, _) in zip(names, CHILDREN, strict=True)]
    return subjects_at_cutoff(definition, cut(definition, study_data(records, children), FAR))


def primary(definition: StudyDefinition = NCT) -> ProportionEndpoint:
    found = definition.endpoint("MRDNEG")
    assert isinstance(found, ProportionEndpoint)
    return found


def rows(inside: Iterable[Subject] | None = None, population: str = "ITT") -> list[ResultRow]:
    plan = ProportionPlan("MRDNEG", population, 0.95, FAR, clopper_pearson, ENGINE)
    missing = primary().missing
    assert missing is not None
    return list(missing_rows(NCT, missing, plan, list(subjects() if inside is None else inside)))


def told(found: list[ResultRow], group: str) -> dict[tuple[str, str | None], float | None]:
    return {(row.statistic, row.category): row.value for row in found if row.group == group}


def test_missing_results_are_counted_among_the_expected_by_their_first_reason() -> None:
    pooled = told(rows(), "pooled")
    assert pooled["results_expected", None] == 5
    assert pooled["results_missing", None] == 4
    assert {category: value for (name, category), value in pooled.items() if category} == {
        "treatment_not_ended": 1, "not_evaluable": 1, "no_sample": 2,
    }  # fmt: skip
    assert pooled["results_missing_percent", None] == pytest.approx(80)


def test_the_arms_are_closed_and_add_up_to_the_open_numbers() -> None:
    found = rows()
    assert {row.output_class for row in found if row.group == "pooled"} == {OPEN}
    assert {row.output_class for row in found if row.group != "pooled"} == {CLOSED}
    arms = [told(found, arm) for arm in ("INO", "ALLR3")]
    assert [each["results_missing", None] for each in arms] == [2, 2]
    for place, value in told(found, "pooled").items():
        if place[0] != "results_missing_percent":
            assert sum(each[place] or 0 for each in arms) == value


def test_what_is_missing_is_a_failure_of_the_endpoint() -> None:
    plan = ProportionPlan("MRDNEG", "ITT", 0.95, FAR, clopper_pearson, ENGINE)
    by_arm = shares(NCT, primary(), subjects(), FAR)
    successes = told(proportion_rows(plan, by_arm), "pooled")["successes", None]
    pooled = told(rows(), "pooled")
    assert successes == 1
    assert (successes or 0) + (pooled["results_missing", None] or 0) <= len(CHILDREN)


def test_where_no_result_is_expected_there_is_no_share() -> None:
    (percent,) = [
        row for row in rows(subjects()[5:]) if row.statistic == "results_missing_percent"
        and row.group == "pooled"
    ]  # fmt: skip
    assert (percent.value, percent.status, percent.reason) == (None, Status.NE, NONE_EXPECTED)


@pytest.mark.parametrize("output_class", [OPEN, CLOSED])
@pytest.mark.parametrize("population", ["ITT", "RESP", "MRDEVAL"])
def test_each_number_is_that_of_its_sources(output_class: OutputClass, population: str) -> None:
    own = subjects()
    derived = Derived(own, tuple(memberships(NCT, own)), (), FAR)
    (adrs,) = [
        each
        for each in tables_of(model_of(NCT, output_class), derived)
        if each.model.name == "ADRS"
    ]
    names = [each.name for each in adrs.model.variables]
    records = [dict(zip(names, row, strict=True)) for row in adrs.rows]
    selector = Selector.of_study(NCT)
    inside = members(NCT.population(population), own)
    for row in rows(inside, population):
        if row.output_class is output_class:
            selection = selector.of(row)
            assert selection.unknown(names) == ()
            found = [each for each in records if selection.takes(each)]
            wanted = row.n if row.statistic == "results_missing_percent" else row.value
            assert len(found) == wanted, (row.statistic, row.category, row.group)


def test_open_rows_have_no_such_variable_where_what_is_expected_reveals_the_arm() -> None:
    forms = tuple(
        each.model_copy(update={"arm_revealing": True}) if each.id == "mrd" else each
        for each in NCT.forms
    )
    definition = NCT.model_copy(update={"forms": forms})
    for output_class, there in ((OPEN, False), (CLOSED, True)):
        adrs = model_of(definition, output_class).find("ADRS")
        assert adrs is not None
        assert ("MISSFL" in {each.name for each in adrs.variables}) is there


def test_the_table_of_a_report_names_each_reason() -> None:
    table = by_group("Missing", [row for row in rows() if row.output_class is CLOSED])
    assert table.head == ("", "INO", "ALLR3")
    lines = {line[0]: line[1:] for line in table.rows}
    assert lines["Results expected"] == ("3", "2")
    assert lines["  No sample between response and end of treatment"] == ("1", "1")
    assert lines["Results missing"] == ("2", "2")


def test_nobody_is_counted_where_nobody_is() -> None:
    missing = primary().missing
    assert missing is not None
    found = count_missing(NCT, missing, ())
    assert (found.subjects, found.expected, found.total) == (0, 0, 0)
