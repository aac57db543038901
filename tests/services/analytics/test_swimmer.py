"""A swimmer plot draws each subject's own dates, by arm, and is for the closed session."""

import re
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest

from services.analytics.domain.courses import Lane
from services.analytics.domain.results import CLOSED_MARKING, OutputClass
from services.analytics.domain.subjects import Subject, subjects_at_cutoff
from services.analytics.domain.swimmer import LANES_ON_A_SHEET, MOST_LANES, Sheet, swimmer_sheets
from services.analytics.figure_files import settings
from services.analytics.figure_swimmer import swimmer_page
from services.analytics.figures import draw_swimmer
from services.analytics.overviews import courses_of, not_drawn, swimmer_overviews
from shared.study.disposition import Course
from tests.services.analytics.dated import (
    DAY0,
    alive,
    allocated,
    cut,
    dead,
    dose,
    kept,
    relapse,
    response,
    study_data,
    transplant,
)
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
FAR = date(2026, 6, 30)


def day(number: int) -> date:
    return DAY0 + timedelta(days=number)


def lane(*records: object, cutoff: date = FAR) -> Lane:
    data = cut(NCT, study_data(records), cutoff)  # type: ignore[arg-type]
    (found,) = courses_of(NCT, data, subjects_at_cutoff(NCT, data))
    return found


def course() -> Course:
    assert NCT.disposition is not None
    assert NCT.disposition.course is not None
    return NCT.disposition.course


def left(number: int, scope: str = "STUDY") -> object:
    on = day(number)
    return kept("withdrawal", {"withdrawal_date": on.isoformat(), "scope": scope}, on)


def marks(found: Lane) -> list[tuple[str, int]]:
    return [(course().marks[index].label, number) for index, number in found.marks]


def test_a_lane_has_the_dates_of_its_subject_in_days_since_randomization() -> None:
    second = replace(dose(day(8)), visit="C1D8", record_id="2")
    found = lane(dose(day(1)), second, response(day(26)), transplant(day(99)), relapse(day(300)),
                 dead(day(400)))  # fmt: skip
    assert found.treatment == (1, 8)
    assert marks(found) == [("Response", 26), ("HSCT", 99), ("Relapse", 300), ("Death", 400)]
    assert (found.end, found.ongoing, found.left) == (400, False, None)


def test_follow_up_goes_on_from_when_the_subject_was_last_seen() -> None:
    found = lane(dose(day(1)), response(day(26)), alive(day(180)))
    assert (found.end, found.ongoing, found.left) == (180, True, None)
    assert lane().end == 0


def test_who_left_the_study_is_not_followed_and_who_stopped_treatment_is() -> None:
    gone, stopped = lane(alive(day(180)), left(40)), lane(alive(day(180)), left(40, "TREATMENT"))
    assert (gone.end, gone.ongoing, gone.left) == (40, False, 40)
    assert (stopped.end, stopped.ongoing, stopped.left) == (180, True, None)


def test_a_line_reaches_whatever_is_drawn_on_it() -> None:
    found = lane(response(day(26)), transplant(day(99)), dose(day(1)), left(40))
    assert (found.end, found.left) == (99, 40)


def test_nothing_after_the_cutoff_is_drawn() -> None:
    found = lane(dose(day(1)), relapse(day(300)), dead(day(400)), left(350), response(day(26)),
                 cutoff=day(299))  # fmt: skip
    assert marks(found) == [("Response", 26)]
    assert found.ongoing


def test_a_subject_counts_in_the_arm_it_was_randomized_to() -> None:
    data = cut(NCT, study_data([dose(day(1))], [allocated(arm="ALLR3")]), FAR)
    (found,) = courses_of(NCT, data, subjects_at_cutoff(NCT, data))
    assert found.arm == "ALLR3"


@cache
def many() -> tuple[Sheet, ...]:
    """An arm that needs two sheets, one that needs one; two marks on one day among them."""
    found = [
        Lane(f"S01-{n:03}", "ALLR3" if n % 3 == 0 else "INO", 10 * n, n % 2 == 0, None, (0, 7),
             ((0, 5 * n), (4, 10 * n), (6, 10 * n)))
        for n in range(1, 61)
    ]  # fmt: skip
    return tuple(swimmer_sheets(NCT, course(), found, FAR, ("induct 1",)))


def test_sheets_are_of_one_arm_each_with_the_longest_time_first_and_one_scale() -> None:
    sheets = many()
    assert [sheet.name for sheet in sheets] == ["SWIM_P1", "SWIM_P2", "SWIM_P3"]
    assert [{lane.arm for lane in sheet.lanes} for sheet in sheets] == [{"INO"}, {"INO"}, {"ALLR3"}]
    assert len(sheets[0].lanes) == LANES_ON_A_SHEET
    for sheet in sheets:
        times = [lane.end for lane in sheet.lanes]
        assert times == sorted(times, reverse=True)
    assert len({(sheet.limit, sheet.ticks) for sheet in sheets}) == 1
    assert "sheet 1 of 2" in sheets[0].title
    assert "(n = 40)" in sheets[0].title


def test_the_words_count_what_is_drawn() -> None:
    last = many()[-1]
    assert "Of 20 subjects shown: treated: 20; Response: 20;" in last.alt_text
    assert "Death: 20; left the study: 0; follow-up goes on: 10." in last.alt_text


def test_the_same_sheet_has_the_same_bytes_the_marking_and_real_text() -> None:
    drawn = draw_swimmer(many()[-1])
    assert drawn == draw_swimmer(many()[-1])
    for words in (CLOSED_MARKING, "S01-003", "Second malignancy", "Months since randomization"):
        assert words.encode() in drawn.svg
    assert re.search(rb"Data cutoff: 2026-06-30.*Inputs [0-9a-f]{16}.*induct 1", drawn.svg)


def test_marks_of_one_day_do_not_cover_each_other_and_each_kind_has_its_shape() -> None:
    with settings():
        figure = swimmer_page(many()[-1], None)
        axes = figure.axes[0]
        drawn = [line for line in axes.lines if line.get_linestyle() == "None"]
        by_place: dict[tuple[float, float], str] = {}
        for line in drawn:
            ((x, y),) = axes.transData.transform(line.get_xydata())
            by_place[round(x, 3), round(y, 3)] = line.get_marker()
        assert len(by_place) == len(drawn)
        shapes = {line.get_marker() for line in figure.axes[0].lines} - {"None", ">", "|"}
        assert shapes == {"o", "D", "X"}  # response, relapse, death


def test_no_words_of_a_sheet_are_cut_or_meet_others() -> None:
    with settings():
        figure = swimmer_page(many()[0], CLOSED_MARKING)
        figure.canvas.draw()
        renderer, page = figure.canvas.get_renderer(), figure.bbox
        labels = figure.axes[0].get_yticklabels() + figure.axes[0].get_xticklabels()
        places = [t.get_window_extent(renderer) for t in (*figure.texts, *labels) if t.get_text()]
        assert all(page.x0 <= p.x0 and p.x1 <= page.x1 for p in places)
        for index, one in enumerate(places):
            assert not any(one.overlaps(other) for other in places[index + 1 :])


def test_sheets_are_closed_and_a_study_of_too_many_says_that_it_has_none() -> None:
    data = cut(NCT, study_data([dose(day(1))]), FAR)
    subjects: tuple[Subject, ...] = subjects_at_cutoff(NCT, data)
    lanes = courses_of(NCT, data, subjects)
    assert [each.output_class for each in swimmer_overviews(NCT, data, lanes)] == [
        OutputClass.CLOSED
    ]
    assert not_drawn(lanes) == []
    crowd = lanes * (MOST_LANES + 1)
    assert list(swimmer_overviews(NCT, data, crowd)) == []
    assert [each.endpoint for each in not_drawn(crowd)] == ["SWIM"]


def test_a_definition_that_says_nothing_of_courses_has_no_plot() -> None:
    freireich = shipped("freireich-1963")
    data = cut(NCT, study_data([dose(day(1))]), FAR)
    assert courses_of(freireich, data, subjects_at_cutoff(NCT, data)) == []
    assert list(swimmer_overviews(freireich, data, [])) == []


@pytest.mark.parametrize("number", [1, 33, 34, 35])
def test_any_number_of_subjects_makes_sheets(number: int) -> None:
    found = [Lane(f"S{n}", "INO", 0, ongoing=True, left=None, treatment=None, marks=())
             for n in range(number)]  # fmt: skip
    sheets = list(swimmer_sheets(NCT, course(), found, FAR, ()))
    assert sum(len(sheet.lanes) for sheet in sheets) == number
