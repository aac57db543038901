"""Effects in subgroups: who is in which, what is estimated there, and that none of it is open."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.analytics.analysis import Computed, compute
from services.analytics.domain.adam.selector import Selector
from services.analytics.domain.cutoff import CutData, cut
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.study_data import Allocated, KeptRecord
from services.analytics.domain.subgroup_table import NO_EFFECT
from services.analytics.domain.subgroups import EXPLORATORY, KNOWN_LATER, split
from services.analytics.domain.subjects import subjects_at_cutoff
from services.analytics.figure_files import Drawing
from services.analytics.published_rows import result_id
from services.analytics.report.subgroups import subgroup_tables
from shared.study import StudyDefinition
from tests.services.analytics.dated import (
    DAY0,
    FAR,
    alive,
    allocated,
    dead,
    dose,
    kept,
    recovery,
    response,
    study_data,
)
from tests.services.analytics.tally import tallied
from tests.support.definitions import shipped

pytestmark = pytest.mark.long

NCT = shipped("NCT05748171")
AGES, SEXES, ARMS = ("lt10", "ge10"), ("F", "M"), ("INO", "ALLR3")


def child(number: int) -> tuple[Allocated, list[KeptRecord]]:
    """A child whose arm, age and sex follow from its number; two of three have died."""
    arm, age, sex = ARMS[number % 2], AGES[(number // 2) % 2], SEXES[(number // 4) % 2]
    subject = f"S01-{number:03}"
    placed = replace(allocated(subject, arm), stratum=f"age_group={age};first_remission=ge24m")
    end = DAY0 + timedelta(days=100 + 37 * number % 500)
    records = [
        kept("demographics", {"sex": sex}, visit="SCR"),
        dose(DAY0),
        response(DAY0 + timedelta(days=27), "SD" if number % 5 == 0 else "CR"),
        recovery(DAY0 + timedelta(days=28)),
        dead(end) if number % 3 else alive(end),
    ]
    return placed, [replace(each, subject=subject) for each in records]


def trial(children: int = 48) -> CutData:
    placed, records = zip(*(child(number) for number in range(children)), strict=True)
    data = study_data([each for own in records for each in own], placed)
    return cut(NCT, data, FAR)


@pytest.fixture(scope="module")
def night() -> Iterator[Computed]:
    with pytest.MonkeyPatch.context() as patched:
        undrawn(patched)
        yield compute(NCT, trial(), tallied)


@pytest.fixture(scope="module")
def rows(night: Computed) -> list[ResultRow]:
    return list(night.rows)


NOTHING = Drawing(b"", "")


def undrawn(patched: pytest.MonkeyPatch) -> None:
    """Rows do not need the drawings, and these take most of the time."""
    patched.setattr("services.analytics.time_analysis._draw", lambda *_: None)
    patched.setattr("services.analytics.analysis.reports", lambda *_: iter(()))
    for name in ("draw_flow", "draw_swimmer", "draw_forest"):
        patched.setattr(f"services.analytics.overviews.{name}", lambda *_, **__: NOTHING)


def of(rows: list[ResultRow], endpoint: str, subgroup: str, **fields: object) -> list[ResultRow]:
    return [
        row
        for row in rows
        if (row.endpoint, row.subgroup) == (endpoint, subgroup)
        and all(getattr(row, name) == value for name, value in fields.items())
    ]


def test_every_subgroup_is_closed_and_says_that_it_is_exploratory(rows: list[ResultRow]) -> None:
    found = [row for row in rows if row.subgroup is not None]
    assert {(row.endpoint, row.subgroup) for row in found} == {
        (endpoint, subgroup.id)
        for subgroup in NCT.analysis.subgroups
        for endpoint in subgroup.endpoints
    }
    assert {row.output_class for row in found} == {OutputClass.CLOSED}
    assert {row.population for row in found} == {"ITT"}
    assert all(EXPLORATORY in row.warnings for row in found)


def test_every_number_of_a_subgroup_is_that_of_its_sources(night: Computed) -> None:
    selector, files = Selector.of_study(NCT), {}
    for name in ("ADTTE", "ADRS"):
        (file,) = [each for each in night.artefacts if each.name == f"{name.lower()}.json"
                   and each.output_class is OutputClass.CLOSED]  # fmt: skip
        content = json.loads(file.content)
        names = [column["name"] for column in content["columns"]]
        files[name] = [dict(zip(names, row, strict=True)) for row in content["rows"]]
    for row in night.rows:
        if row.subgroup is None:
            continue
        selection = selector.of(row)
        found = [each for each in files[selection.dataset] if selection.takes(each)]
        happened = sum(each.get("CNSR") == 0 or each.get("AVALC") == "Y" for each in found)
        place = (row.endpoint, row.subgroup, row.level, row.group, row.contrast, row.statistic)
        assert (len(found), happened) == (row.n, row.events), place


def test_no_two_rows_of_a_night_are_about_the_same(rows: list[ResultRow]) -> None:
    seen = Counter(map(result_id, rows))
    assert [name for name, times in seen.items() if times > 1] == []


def test_a_level_without_a_subgroup_is_refused(rows: list[ResultRow]) -> None:
    with pytest.raises(ValueError, match="belongs to a subgroup"):
        replace(rows[0], level="F")


def test_levels_add_up_to_the_whole_set(rows: list[ResultRow]) -> None:
    for arm in ARMS:
        for statistic in ("n", "events"):
            (whole,) = [r for r in rows if (r.endpoint, r.population, r.group, r.statistic,
                        r.subgroup) == ("OS", "ITT", arm, statistic, None)]  # fmt: skip
            for subgroup in ("age_group", "sex", "mrd"):
                parts = of(rows, "OS", subgroup, group=arm, statistic=statistic)
                assert sum(part.value or 0.0 for part in parts) == whole.value, subgroup


def test_a_level_is_the_whole_analysis_of_its_subjects_alone(rows: list[ResultRow]) -> None:
    data = trial()
    inside = {each.subject for each in data.allocated if "age_group=lt10" in each.stratum}
    alone = replace(
        data,
        allocated=tuple(each for each in data.allocated if each.subject in inside),
        records=tuple(each for each in data.records if each.kept.subject in inside),
    )
    with pytest.MonkeyPatch.context() as patched:
        undrawn(patched)
        others = compute(NCT, alone, tallied).rows
    for endpoint, statistic in (("OS", "hazard_ratio"), ("MRDNEG", "rate_difference")):
        (level,) = of(rows, endpoint, "age_group", level="lt10", statistic=statistic)
        (whole,) = [r for r in others if (r.endpoint, r.population, r.statistic, r.subgroup)
                    == (endpoint, "ITT", statistic, None)]  # fmt: skip
        assert level.status is Status.OK
        assert (level.value, level.lower, level.upper) == (whole.value, whole.lower, whole.upper)
        assert (level.contrast, level.n) == ("INO vs ALLR3", whole.n)


def test_the_test_of_interaction_stands_once_with_its_degrees(rows: list[ResultRow]) -> None:
    for endpoint in ("OS", "MRDNEG"):
        (p,) = of(rows, endpoint, "sex", statistic="interaction_p")
        assert (p.level, p.contrast, p.status) == (None, "INO vs ALLR3", Status.OK)
        assert p.convention["degrees_of_freedom"] == 1
        assert p.value is not None
        assert 0 < p.value <= 1


def test_a_level_with_too_few_events_has_no_ratio_and_is_not_in_the_test(
    rows: list[ResultRow],
) -> None:
    (few,) = of(rows, "OS", "first_remission", level="lt24m", statistic="hazard_ratio")
    assert (few.status, few.n) == (Status.NE, 0)
    assert few.reason
    (p,) = of(rows, "OS", "first_remission", statistic="interaction_p")
    assert (p.value, p.status) == (None, Status.NE)
    assert p.convention["levels_compared"] == 1
    assert f"Relapse before 24 months: {NO_EFFECT}" in p.warnings


def test_four_events_in_an_arm_give_no_ratio_of_a_level() -> None:
    with pytest.MonkeyPatch.context() as patched:
        undrawn(patched)
        rows = list(compute(NCT, trial(20), tallied).rows)
    found = of(rows, "OS", "sex", statistic="hazard_ratio")
    counted = [min(row.value or 0 for row in of(rows, "OS", "sex", level=each.level,
                                                statistic="events")) for each in found]  # fmt: skip
    assert [row.status is Status.NE for row in found] == [events < 5 for events in counted]
    assert any(0 < events < 5 for events in counted)


def test_a_split_by_what_came_after_randomization_says_so(rows: list[ResultRow]) -> None:
    assert all(KNOWN_LATER in row.warnings for row in of(rows, "OS", "mrd"))
    assert not any(KNOWN_LATER in row.warnings for row in of(rows, "OS", "sex"))


def test_a_subject_whose_level_is_not_known_is_in_none_and_counted() -> None:
    data = trial(8)
    unknown = {"S01-003": "U"}
    records = [
        replace(each, values={**each.values, "sex": unknown[each.kept.subject]})
        if each.kept.form == "demographics" and each.kept.subject in unknown
        else each
        for each in data.records
    ]
    found = split(NCT, subgroup("sex"), subjects_at_cutoff(
        NCT, replace(data, records=tuple(records))), FAR)  # fmt: skip
    assert found.without_level == 1
    assert sum(map(len, found.members.values())) == 7
    assert "left out for want of a level: 1" in found.warnings


def subgroup(name: str, definition: StudyDefinition = NCT):  # type: ignore[no-untyped-def]
    return next(each for each in definition.analysis.subgroups if each.id == name)


def test_the_report_shows_events_of_subjects_effect_and_p(rows: list[ResultRow]) -> None:
    own = [row for row in rows if row.subgroup and row.endpoint == "OS"]
    (table,) = subgroup_tables("OS", own)
    assert table.head == ("", "INO, events / n", "ALLR3, events / n", "Hazard ratio",
                          "Interaction p")  # fmt: skip
    lines = {line[0]: line[1:] for line in table.rows}
    sizes = {(row.level, row.group, row.statistic): row for row in own if row.subgroup == "sex"}
    girls = [sizes["F", "INO", name].value for name in ("events", "n")]
    assert lines["  Female"][0] == " / ".join(
        f"{value:.0f}" for value in girls if value is not None
    )
    assert lines["Sex"][:3] == ("", "", "")
    assert float(lines["Sex"][3]) > 0
    assert lines["  Relapse before 24 months"][2] == "NE"
