"""What subjects brought along, in rows that lead to ADSL."""

from dataclasses import replace

import pytest

from services.analytics.domain.adam.selector import Selector
from services.analytics.domain.baseline_rows import baseline_rows
from services.analytics.domain.cutoff import cut
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.subjects import subjects_at_cutoff
from services.analytics.report.tables import by_group
from tests.services.analytics.dated import FAR, allocated, cut_at, kept, study_data
from tests.services.analytics.domain.adam.night import derived, rows
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
# Born in a month, randomized on 2024-01-29: 10, 4, 15 years; the last child's month is not known.
CHILDREN = (
    ("S01-001", "INO", "2014-01", "F", "a"), ("S01-002", "INO", "2019-03", "M", "a"),
    ("S01-003", "ALLR3", "2008-05", "M", "b"), ("S01-004", "ALLR3", "2008", None, "a"),
)  # fmt: skip
RECORDS = [
    kept("demographics", {"birth_month": born, "sex": sex}, subject=child, visit="SCR")
    for child, _, born, sex, _ in CHILDREN
]
ALLOCATED = tuple(
    replace(allocated(child, arm), stratum=stratum) for child, arm, _, _, stratum in CHILDREN
)


def found() -> list[ResultRow]:
    data = cut(NCT, study_data(RECORDS, ALLOCATED), FAR)
    return list(baseline_rows(NCT, data, subjects_at_cutoff(NCT, data)))


def values(group: str) -> dict[tuple[str | None, str], float | None]:
    return {(row.category, row.statistic): row.value for row in found() if row.group == group}


def test_ages_are_summarized_and_sexes_and_strata_counted() -> None:
    pooled = values("pooled")
    assert pooled[None, "n"] == 4
    assert [pooled["AGE", name] for name in ("median", "minimum", "maximum", "not_known")] == [
        10, 4, 15, 1,
    ]  # fmt: skip
    assert pooled["AGE", "mean"] == pytest.approx(29 / 3)
    assert (pooled["SEX: F", "subjects"], pooled["SEX: M", "percent"]) == (1, 50)
    assert (pooled["STRATAR: a", "subjects"], pooled["STRATAR: b", "percent"]) == (3, 25)
    ino = values("INO")
    assert (ino["AGE", "mean"], ino["SEX: F", "percent"], ino["STRATAR: b", "subjects"]) == (
        7, 50, 0,
    )  # fmt: skip


def test_only_pooled_rows_are_open_and_their_hash_does_not_tell_the_arms() -> None:
    for row in found():
        assert (row.output_class is OutputClass.OPEN) == (row.group == "pooled")
    swapped = tuple(
        replace(each, arm={"INO": "ALLR3", "ALLR3": "INO"}[each.arm]) for each in ALLOCATED
    )
    data = cut(NCT, study_data(RECORDS, swapped), FAR)
    other = list(baseline_rows(NCT, data, subjects_at_cutoff(NCT, data)))
    pooled = [row for row in found() if row.group == "pooled"]
    assert [row for row in other if row.group == "pooled"] == pooled


def test_each_number_counts_the_records_that_it_rests_on() -> None:
    selector = Selector.of_study(NCT)
    for output_class in OutputClass:
        records = rows(derived(RECORDS, ALLOCATED), "ADSL", output_class)
        for row in found():
            if row.output_class is output_class and row.statistic in {"n", "subjects"}:
                chosen = [r for r in records if selector.of(row).takes(r)]
                assert len(chosen) == row.value, row


def test_the_report_says_what_each_line_is() -> None:
    table = by_group("Baseline", [row for row in found() if row.group != "pooled"])
    lines = {line[0]: line[1:] for line in table.rows}
    assert lines["Age, years: Median"] == ("7.00", "15.00")
    assert lines["Sex: Female"] == ("1", "0")
    assert lines["Sex: Female, %"] == ("50.0", "0.0")


def test_nobody_has_no_share_and_a_study_that_collects_nothing_has_no_rows() -> None:
    data = cut(NCT, study_data([], ()), FAR)
    nobody = list(baseline_rows(NCT, data, ()))
    assert {row.status for row in nobody if row.statistic in {"percent", "mean"}} == {Status.NE}
    assert all(row.reason for row in nobody if row.value is None)
    freireich = shipped("freireich-1963")
    assert not list(baseline_rows(freireich, cut_at(freireich, []), ()))
