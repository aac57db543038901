"""A forest plot shows what the rows of subgroups say, and computes nothing."""

from typing import Any

import pytest

from services.analytics.domain.forest import Forest, Row, forests, is_forest_of
from services.analytics.domain.results import CLOSED_MARKING
from services.analytics.figure_files import settings
from services.analytics.figure_forest import forest_page
from services.analytics.figures import draw_forest

LABELS = {"EFS": "Event-free survival", "MRDNEG": "MRD negativity"}
CONTRAST = "INO vs ALLR3"


def row(statistic: str, value: float | None, **changes: Any) -> Row:
    return {
        "endpoint": "EFS", "population": "ITT", "group": None, "contrast": None,
        "statistic": statistic, "category": None, "subgroup": None, "level": None,
        "timepoint": None, "value": value, "lower": None, "upper": None,
        "status": "OK" if value is not None else "NE", "reason": None, "convention": {},
        "cutoff": "2026-06-30", "inputs_hash": "ab" * 32, "warnings": [],
    } | changes  # fmt: skip


def sizes(events: str = "events", **where: Any) -> list[Row]:
    return [
        row(statistic, value, group=arm, **where)
        for arm, numbers in (("INO", (66, 20)), ("ALLR3", (34, 18)))
        for statistic, value in zip(("n", events), numbers, strict=True)
    ]


def level(
    subgroup: str, code: str, value: float | None, limits: tuple[float | None, float | None],
    **changes: Any,
) -> list[Row]:  # fmt: skip
    told = {"subgroup_label": f"By {subgroup}", "level_label": f"Is {code}", "level": 0.95}
    where = {"subgroup": subgroup, "level": code, "convention": told}
    effect = {"lower": limits[0], "upper": limits[1], "contrast": CONTRAST} | changes
    return [*sizes(**where), row("hazard_ratio", value, **where, **effect)]


def interaction(subgroup: str, p: float | None, **changes: Any) -> Row:
    convention = {"subgroup_label": f"By {subgroup}"}
    return row("interaction_p", p, subgroup=subgroup, contrast=CONTRAST, convention=convention,
               **changes)  # fmt: skip


ROWS = [
    *sizes(), row("hazard_ratio", 0.512, lower=0.31, upper=0.9, contrast=CONTRAST),
    *level("age", "young", 0.401, (0.2, 0.95)), *level("age", "old", 0.9, (0.01, 60.0)),
    interaction("age", 0.0321),
    *level("mrd", "yes", None, (None, None), reason="fewer than 5 events in an arm"),
    *level("mrd", "no", 0.6, (0.3, 1.1)),
    interaction("mrd", None, warnings=["split by what came after randomization"]),
]  # fmt: skip


def drawn(rows: list[Row] = ROWS) -> Forest:
    (found,) = forests(rows, "NCT05748171", LABELS, ("induct 1",))
    return found


def test_a_line_is_the_whole_set_a_subgroup_with_its_test_or_a_level_with_its_numbers() -> None:
    found = [(x.label, x.depth, x.sizes, x.shown, x.interaction) for x in drawn().lines]
    assert found == [
        ("All subjects", 0, ("20/66", "18/34"), "0.51 (0.31\N{EN DASH}0.90)", ""),
        ("By age", 0, ("", ""), "", "interaction p = 0.0321"),
        ("Is young", 1, ("20/66", "18/34"), "0.40 (0.20\N{EN DASH}0.95)", ""),
        ("Is old", 1, ("20/66", "18/34"), "0.90 (0.01\N{EN DASH}60.00)", ""),
        ("By mrd", 0, ("", ""), "", "interaction p NE"),
        ("Is yes", 1, ("20/66", "18/34"), "NE", ""),
        ("Is no", 1, ("20/66", "18/34"), "0.60 (0.30\N{EN DASH}1.10)", ""),
    ]


def test_why_there_is_no_number_and_what_a_reader_must_know_stand_below() -> None:
    words = " ".join(drawn().footer)
    assert "NE: fewer than 5 events in an arm." in words
    assert "By mrd: split by what came after randomization." in words
    assert "95 % limits" in words
    assert "no adjustment for the number of subgroups" in words


def test_the_words_say_on_which_side_the_arm_does_better() -> None:
    assert drawn().sides == ("INO better", "ALLR3 better")
    rates = [
        {**each, "endpoint": "MRDNEG",
         "statistic": {"hazard_ratio": "rate_difference"}.get(each["statistic"],
                                                               each["statistic"])}
        for each in ROWS
    ]  # fmt: skip
    rates = [{**each, "statistic": "successes"} if each["statistic"] == "events"
             and not each["level"] else each for each in rates]  # fmt: skip
    found = drawn(rates)
    assert (found.name, found.sides) == ("FOREST_MRDNEG", ("ALLR3 better", "INO better"))
    assert found.lines[0].sizes == ("20/66", "18/34")
    assert found.ticks[0] <= 0 < found.ticks[-1]


def test_an_axis_holds_no_effect_and_all_numbers_as_far_as_it_goes() -> None:
    assert (drawn().ticks[0], drawn().ticks[-1]) == (0.05, 20.0)
    narrow = [each for each in ROWS if each["level"] != "old"]
    assert (drawn(narrow).ticks[0], drawn(narrow).ticks[-1]) == (0.2, 2.0)


def test_an_endpoint_without_subgroups_has_no_plot() -> None:
    assert list(forests([r for r in ROWS if not r["subgroup"]], "S", LABELS, ())) == []


@pytest.mark.parametrize(
    ("name", "endpoint", "is_one"),
    [("FOREST_EFS", "EFS", True), ("FOREST2_EFS", "EFS", True), ("FOREST_EFSEOT", "EFS", False),
     ("EFS", "EFS", False)],
)  # fmt: skip
def test_a_plot_belongs_to_its_endpoint(name: str, endpoint: str, is_one: bool) -> None:
    assert is_forest_of(name, endpoint) is is_one


def test_every_arm_that_is_compared_has_a_plot_of_its_own() -> None:
    other = [{**each, "contrast": "OTHER vs ALLR3"} for each in ROWS if each["contrast"]]
    names = [each.name for each in forests([*ROWS, *other], "S", LABELS, ())]
    assert names == ["FOREST_EFS", "FOREST2_EFS"]


def test_the_same_plot_has_the_same_bytes_its_words_and_the_marking() -> None:
    figure = draw_forest(drawn())
    assert figure == draw_forest(drawn())
    for words in (CLOSED_MARKING, "Is young", "interaction p = 0.0321", "20/66"):
        assert words.encode() in figure.svg
    assert "Is young: 0.40 (0.20\N{EN DASH}0.95)" in figure.alt_text


def test_squares_and_lines_stand_where_the_numbers_say() -> None:
    with settings():
        axes = forest_page(drawn(), None).axes[0]
    points = {(round(float(x), 3), float(y)) for line in axes.lines
              for x, y in zip(*line.get_data(), strict=True)}  # fmt: skip
    assert {(0.512, 0.0), (0.401, 2.0), (0.2, 2.0), (0.95, 2.0), (0.9, 3.0)} <= points
    assert not any(y == 5.0 for _, y in points)  # not estimable
    arrows = {(line.get_marker(), *line.get_data()[0]) for line in axes.lines
              if line.get_marker() in {"<", ">"}}  # fmt: skip
    assert arrows == {("<", 0.05), (">", 20.0)}


def test_no_words_of_a_plot_are_cut_or_meet_others() -> None:
    with settings():
        figure = forest_page(drawn(), CLOSED_MARKING)
        figure.canvas.draw()
        renderer, page = figure.canvas.get_renderer(), figure.bbox
        axis = figure.axes[0]
        words = (*figure.texts, *axis.get_xticklabels(), axis.xaxis.label)
        places = [text.get_window_extent(renderer) for text in words if text.get_text()]
        assert all(page.x0 <= p.x0 and p.x1 <= page.x1 for p in places)
        for index, one in enumerate(places):
            assert not any(one.overlaps(other) for other in places[index + 1 :])


def test_long_names_make_the_page_broader_and_not_the_plot_narrower() -> None:
    def plot(rows: list[Row]) -> tuple[float, float]:
        with settings():
            figure = forest_page(drawn(rows), None)
            return figure.get_figwidth(), figure.axes[
                0
            ].get_position().width * figure.get_figwidth()

    long = "level_label" + " and so on" * 8
    longer = [
        {**each, "convention": {**each["convention"], "level_label": long}}
        if each["level"]
        else each
        for each in ROWS
    ]
    (plain, room), (broad, same) = plot(ROWS), plot(longer)
    assert broad > plain
    assert room > same > 2.5  # inches


def test_a_warning_stands_once_behind_all_subgroups_that_it_is_about() -> None:
    told = [
        *sizes(), row("hazard_ratio", 0.512, lower=0.31, upper=0.9, contrast=CONTRAST),
        *level("age", "young", 0.4, (0.2, 0.9)),
        interaction("age", 0.2, warnings=["not adjusted"]),
        *level("sex", "girl", 0.6, (0.3, 1.1)),
        interaction("sex", 0.3, warnings=["not adjusted", "one left out"]),
    ]  # fmt: skip
    assert drawn(told).footer[1:-1] == (
        "By age, By sex: not adjusted.", "By sex: one left out.",
    )  # fmt: skip
