"""A report shows what the rows say, each class its own, and computes nothing."""

import re
from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from reportlab.pdfbase import pdfmetrics

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.analysis_sets import memberships
from services.analytics.domain.flow_rows import flow_rows
from services.analytics.domain.manifest import Work
from services.analytics.domain.plans import NotComputed
from services.analytics.domain.results import EVERYBODY, FLOW, OutputClass, ResultRow, Status
from services.analytics.domain.subjects import subjects_at_cutoff
from services.analytics.report.build import Material, build
from services.analytics.report.outline import Picture, Report, Section, Table
from services.analytics.report.page import POLICY, page
from services.analytics.report.paper import (
    CELL,
    PADDING,
    REGULAR,
    WIDTH,
    _fonts,
    _shares,
    paper,
)
from services.analytics.report.tables import adverse_events, by_group, comparisons, concentrations
from shared.study.endpoints import AdverseEventEndpoint
from tests.services.analytics.dated import allocated, cut, dose, response, study_data
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
ARMS = re.compile(r"(?<![A-Za-z])INO(?![A-Za-z])|ALLR3")


def row(statistic: str, value: float | None = None, **changes: object) -> ResultRow:
    plain = ResultRow(
        endpoint="EFS", population="ITT", group="INO", statistic=statistic,
        value=1.0 if value is None else value, method="a method", unit="1", n=3, events=1,
        cutoff=date(2026, 6, 30), inputs_hash="0" * 64, engine="own",
        output_class=OutputClass.CLOSED,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def compared(statistic: str, value: float, **changes: object) -> ResultRow:
    return row(statistic, value, group=None, contrast="INO vs ALLR3", **changes)


def missing(statistic: str, reason: str, **changes: object) -> ResultRow:
    return replace(row(statistic, **changes), value=None, status=Status.NE, reason=reason)


def test_a_line_is_a_statistic_and_a_column_a_group() -> None:
    found = by_group("EFS", [
        row("n", 66, unit="subjects"), row("median", 887.5, lower=102.0, upper=None, unit="days"),
        row("n", 34, unit="subjects", group="ALLR3"),
        missing("median", "median not reached", unit="days", group="ALLR3"),
    ])  # fmt: skip
    assert found.head == ("", "INO", "ALLR3")
    assert found.rows == (
        ("Subjects", "66", "34"),
        ("Median, days", "887.5 (102.0\N{EN DASH}NE)", "NE"),
    )
    assert "NE: median not reached" in found.notes


def test_a_time_has_its_unit_whatever_the_study_reports_in() -> None:
    found = by_group("REMDUR", [
        row("median", 23.0, unit="weeks", convention={"time_unit": "weeks"}),
        row("survival", 0.75, unit="probability", timepoint=10.0,
            convention={"time_unit": "weeks"}),
    ])  # fmt: skip
    assert [line[0] for line in found.rows] == [
        "Median, weeks", "Without the event at 10 weeks",
    ]  # fmt: skip


def test_times_and_causes_tell_lines_of_one_statistic_apart() -> None:
    at = {"timepoint": 365.0, "convention": {"time_unit": "days"}, "unit": "probability"}
    found = by_group("HSCT", [
        row("incidence", 0.5, category="success", **at),  # type: ignore[arg-type]
        row("incidence", 0.25, category="competing", **at),  # type: ignore[arg-type]
        row("rmst", 434.4, timepoint=730.0, unit="days"),
    ])  # fmt: skip
    assert [line[0] for line in found.rows] == [
        "Cumulative incidence, success at 365 days",
        "Cumulative incidence, competing at 365 days",
        "Restricted mean time to 730 days, days",
    ]
    assert [line[1] for line in found.rows] == ["0.500", "0.250", "434.4"]


def test_an_effect_stands_beside_its_p() -> None:
    found = comparisons("EFS", [
        compared("logrank_chi_square", 16.3), compared("logrank_p_two_sided", 0.00005),
        compared("logrank_p_one_sided", 0.0123),
        compared("hazard_ratio", 0.371, lower=0.2, upper=0.6),
        compared("cox_wald_p_two_sided", 0.125), compared("proportional_hazards_p", 0.32),
    ])  # fmt: skip
    assert found is not None
    assert [line[1:] for line in found.rows] == [
        ("Log-rank chi-square", "16.30", "< 0.0001", "0.0123"),
        ("Hazard ratio", "0.37 (0.20\N{EN DASH}0.60)", "0.1250", ""),
        ("Proportional hazards", "", "0.3200", ""),
    ]


def test_rates_of_adverse_events_say_what_they_are_per() -> None:
    endpoint = NCT.endpoint("AE")
    assert isinstance(endpoint, AdverseEventEndpoint)
    per = "per 100 subject-years"
    (found,) = adverse_events("AE", endpoint, [
        row("n", 3, unit="subjects"), row("subjects", 2, category="any", unit="subjects"),
        row("percent", 66.7, category="any", unit="%"),
        row("exposure", 1.25, category="any", unit="years"),
        row("incidence_rate", 160, lower=19.4, upper=578, category="any", unit=per),
        row("event_count", 4, category="any", unit="events"),
        row("event_rate", 320, lower=87.2, upper=819.3, category="any", unit=per),
    ])  # fmt: skip
    assert found.head[2:] == ("First events per time", "Events", "Events per time")
    assert found.rows[0][2:] == (
        "160.00 (19.40\N{EN DASH}578.00)", "4", "320.00 (87.20\N{EN DASH}819.30)"
    )  # fmt: skip
    assert any("per 100 subject-years" in note and "1.25" in note for note in found.notes)


def test_what_warns_of_a_comparison_stands_below_it() -> None:
    warned = compared("hazard_ratio", 0.5, warnings=("not a randomized comparison",))
    found = comparisons("DOR", [warned])
    assert found is not None
    assert "not a randomized comparison" in found.notes
    assert comparisons("DOR", [row("n", 1)]) is None


def test_adverse_events_are_a_table_a_group_with_a_column_a_grade() -> None:
    endpoint = NCT.endpoint("AESEV")
    assert isinstance(endpoint, AdverseEventEndpoint)
    cells = [row("n", 3, unit="subjects")]
    for category in ("any", "any: Infections", "any: Infections: Sepsis"):
        cells += [
            row("subjects", 2, category=category, unit="subjects"),
            row("percent", 66.7, category=category, unit="%", lower=9.4, upper=99.2),
            row("subjects_grade_3", 2, category=category, unit="subjects"),
            row("subjects_ungraded", 0, category=category, unit="subjects"),
        ]
    (found,) = adverse_events("AE", endpoint, cells)
    assert found.caption == "AE: INO, 3 subjects"
    assert found.head == ("Subjects with", "Any grade", "Grade 3", "No grade")
    assert [line[0] for line in found.rows] == [
        endpoint.summaries[0].label,
        "  Infections",
        "    Sepsis",
    ]
    assert found.rows[2][1:] == ("2; 66.7 (9.4\N{EN DASH}99.2) %", "2", "0")


def test_concentrations_are_a_line_a_visit() -> None:
    found = concentrations("Cmax", [
        row("n", 6, category="C1D1", unit="samples"),
        row("mean", 302.2, category="C1D1", unit="ng/mL"),
        missing("mean", "no sample", category="C1D8", unit="ng/mL"),
    ])  # fmt: skip
    assert found.caption == "Cmax (ng/mL)"
    assert found.rows == (("INO, C1D1", "6", "302.20"), ("INO, C1D8", "", "NE"))
    assert found.notes == ("NE: no sample",)


@cache
def _work() -> Work:
    children = [
        allocated("S01-001", "INO"),
        allocated("S01-002", "ALLR3"),
        allocated("S01-003", "INO"),
    ]
    records = [
        replace(each, subject=subject)
        for subject in ("S01-001", "S01-002")
        for each in (dose(date(2024, 2, 2)), response(date(2024, 2, 26)))
    ]
    given = {"S01-001": "INO", "S01-002": "MITOX"}
    records = [
        replace(each, items={**each.items, "product": given[each.subject]})
        if each.form == "dosing"
        else each
        for each in records
    ]
    data = cut(NCT, study_data(records, children), date(2026, 6, 30))
    rows = (
        row("n", 66, unit="subjects"),
        compared("hazard_ratio", 0.5),
        row("n", 100, unit="subjects", group="pooled", output_class=OutputClass.OPEN),
    )
    subjects = subjects_at_cutoff(NCT, data)
    rows += tuple(flow_rows(NCT, data, subjects, memberships(NCT, subjects)))
    left_out = (NotComputed("PKCMAX", "PK", "concentration", "of one arm"),)
    return Work(NCT, data, rows, left_out, EngineCheck(), {"induct": "1.2.3"})


def material(output_class: OutputClass) -> Material:
    work = _work()
    sets = memberships(NCT, subjects_at_cutoff(NCT, work.data))
    return Material(work, output_class, sets, {})


def tables(report: Report) -> dict[str, Table]:
    return {
        block.caption: block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Table)
    }


def test_a_closed_report_is_marked_on_every_page_and_an_open_one_is_not() -> None:
    closed, pooled = (build(material(each)) for each in (OutputClass.CLOSED, OutputClass.OPEN))
    assert closed.marking == "CONFIDENTIAL - DMC closed session"
    assert pooled.marking is None
    assert b"CONFIDENTIAL" in page(closed)
    assert b"CONFIDENTIAL" not in page(pooled)


def test_an_open_report_names_no_arm_and_no_set_of_one_arm() -> None:
    text = page(build(material(OutputClass.OPEN))).decode()
    assert ARMS.findall(text) == []
    assert ">PK<" not in text.replace("<td>PK</td><td>of one arm</td>", "")
    assert ARMS.search(page(build(material(OutputClass.CLOSED))).decode())


def test_sets_count_by_arm_in_a_closed_report_and_say_why_others_are_out() -> None:
    found = tables(build(material(OutputClass.CLOSED)))["Analysis sets"]
    assert found.head == ("Set", "Who", "INO", "ALLR3", "All", "Left out, by the first reason")
    by_set = {line[0]: line[2:] for line in found.rows}
    assert by_set["ITT"] == ("2", "1", "3", "")
    assert by_set["SAF"][:3] == ("1", "1", "2")
    assert "First dose" in by_set["SAF"][3]
    pooled = tables(build(material(OutputClass.OPEN)))["Analysis sets"]
    assert pooled.head == ("Set", "Who", "All", "Left out, by the first reason")


def test_the_flow_of_participants_is_a_picture_and_the_rows_behind_it() -> None:
    picture = Picture("Flow of participants", "words", b"<svg/>")
    for output_class in OutputClass:
        own = replace(material(output_class), pictures={(FLOW, EVERYBODY): picture})
        report = build(own)
        assert report.sections[0].blocks[0] is picture
        found = tables(report)["Flow of participants"]
        closed = output_class is OutputClass.CLOSED
        assert found.head == ("", "All subjects", *(("INO", "ALLR3") if closed else ()))
        lines = {line[0]: line[1:] for line in found.rows}
        assert lines["Randomized"] == ("3", *(("2", "1") if closed else ()))
        assert lines["Registered with consent"][0] == "3"
        assert lines["Not treated"] == ("1", *(("1", "0") if closed else ()))


def test_outcomes_come_in_the_order_of_the_registry_with_their_sets() -> None:
    report = build(material(OutputClass.CLOSED))
    assert [section.title for section in report.sections] == [
        "Participants", "S1 Event-free survival", "How this was made",
    ]  # fmt: skip
    assert any(caption.startswith("Event-free survival (EFS). ITT: All randomized")
               for caption in tables(report))  # fmt: skip


def test_assumed_values_of_arms_are_told_by_the_closed_report_alone() -> None:
    caption = "Values of the definition that are assumed"
    closed, pooled = (tables(build(material(each)))[caption] for each in
                      (OutputClass.CLOSED, OutputClass.OPEN))  # fmt: skip
    held = len(closed.rows) - len(pooled.rows)
    assert held > 0
    assert pooled.notes == (f"{held} more speak of single arms and stand in the closed report.",)


def test_every_page_tells_cutoff_inputs_and_versions() -> None:
    footer = build(material(OutputClass.CLOSED)).footer
    assert re.fullmatch(
        r"NCT05748171, data cutoff 2026-06-30, inputs [0-9a-f]{16}, induct 1\.2\.3, definition .+",
        footer,
    )


HOSTILE = Report(
    "<script>alert(1)</script>", "a & b", None, (("fact", '"><img src=x>'),),
    (Section("<b>", "", (
        Table("</table>", ("", "<i>"), (("  deep", "&amp; <u> \N{GREEK SMALL LETTER ALPHA}"),),
              ("<li>",)),
        Picture("pic", '" onload="x', b"<svg/>"),
    )),),
    "footer",
)  # fmt: skip


def test_words_in_a_page_are_words_and_nothing_is_loaded() -> None:
    text = page(HOSTILE).decode()
    for harmful in ("<script", "<img src=x", "<u>", "</table></caption>", '" onload'):
        assert harmful not in text.replace("</table></div>", "")
    assert set(re.findall(r'(?:src|href)="([a-z]+:|#)', text)) == {"data:", "#"}
    assert "default-src 'none'" in POLICY
    assert "script-src" not in POLICY


@pytest.mark.parametrize("output_class", list(OutputClass))
def test_the_same_report_has_the_same_bytes(output_class: OutputClass) -> None:
    first, second = (build(material(output_class)) for _ in range(2))
    assert page(first) == page(second)
    sheet = paper(first)
    assert sheet.startswith(b"%PDF")
    assert sheet == paper(second)


def test_columns_are_as_broad_as_their_longest_number_and_share_what_is_left() -> None:
    _fonts()
    usual = Table("", ("", "INO", "ALLR3"), (("Median", "23", "8"),))
    assert _shares(usual) == pytest.approx((0.28, 0.36, 0.36))
    limits = "3766.64 (2913.12\N{EN DASH}4792.09)"
    head = ("Subjects with", *(f"Grade {n}" for n in range(1, 7)), "Rate", "Events", "Rate")
    broad = Table("", head, (("Any adverse event of this kind", *"012345", limits, "99", limits),))
    shares = _shares(broad)
    assert sum(shares) == pytest.approx(1.0)
    word = max(limits.split(" "), key=len)
    assert shares[7] * WIDTH > pdfmetrics.stringWidth(word, REGULAR, CELL) + PADDING
    # Words that no cell can hold make no other column small.
    endless = Table("", ("Value of", "Value", "Why"), (("arms", "x" * 400, "As before"),))
    assert _shares(endless) == _shares(usual)
    assert sum(_shares(Table("", ("", *["9" * 20] * 12), ()))) == pytest.approx(1.0)


def test_hostile_words_are_set_on_paper_as_words() -> None:
    without_pictures = replace(HOSTILE, sections=(
        replace(HOSTILE.sections[0], blocks=HOSTILE.sections[0].blocks[:1]),
    ))  # fmt: skip
    assert paper(without_pictures).startswith(b"%PDF")
