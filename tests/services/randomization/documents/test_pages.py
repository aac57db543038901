"""What the pages say, hide and escape."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.documents.confirmation_page import confirmation_html
from services.randomization.documents.enrolment_page import enrolment_html
from services.randomization.documents.facts import (
    AssumedValue,
    CountryCount,
    MonthCount,
    SiteCount,
    StratumCount,
)
from services.randomization.documents.markup import visible
from services.randomization.documents.page import HEADERS
from services.randomization.documents.specification_page import specification_html
from services.randomization.documents.style import CSS, POLICY
from tests.services.randomization.documents.samples import (
    BLINDED,
    CONFIRMATION,
    ENROLMENT,
    HEBREW,
    SPECIFICATION,
)

Render = Callable[[], str]
PAGES: dict[str, Render] = {
    "confirmation": lambda: confirmation_html(CONFIRMATION),
    "enrolment": lambda: enrolment_html(ENROLMENT),
    "specification": lambda: specification_html(SPECIFICATION),
}
anything = st.text(alphabet=st.characters(), max_size=60)


class Reader(HTMLParser):
    """Elements, attributes and text of a page, as a browser takes them apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


def said(html: str) -> str:
    return Reader(html).text


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Render:
    return PAGES[str(request.param)]


def test_the_same_facts_give_the_same_page(page: Render) -> None:
    assert page() == page()


def test_a_page_has_language_title_one_first_heading_and_closed_elements(page: Render) -> None:
    html = page()
    read = Reader(html)
    assert html.startswith("<!doctype html>")
    assert ("lang", "en") in read.attributes
    assert html[: html.index("</head>")].count("<title>") == 1
    assert read.tags.count("h1") == 1
    assert read.open == []


def test_a_page_holds_no_script_no_style_attribute_and_no_address(page: Render) -> None:
    read = Reader(page())
    assert {"script", "link", "img", "iframe", "form", "a", "object"} & set(read.tags) == set()
    names = {name for name, _ in read.attributes}
    assert not {n for n in names if n.startswith("on")}
    assert {"style", "href", "src", "xlink:href", "action"} & names == set()
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_the_policy_allows_the_stylesheet_in_the_page_and_nothing_else(page: Render) -> None:
    assert f"<style>{CSS}</style>" in page()
    assert ("content", POLICY) in Reader(page()).attributes
    assert POLICY.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("mode", ["live", "training"])
def test_training_is_told_in_training_only(mode: Any) -> None:
    for html in (
        confirmation_html(replace(CONFIRMATION, mode=mode)),
        enrolment_html(replace(ENROLMENT, mode=mode)),
        specification_html(replace(SPECIFICATION, mode=mode)),
    ):
        assert ("TRAINING" in said(html)) is (mode == "training")


def test_a_confirmation_says_who_what_when_and_where() -> None:
    text = said(confirmation_html(CONFIRMATION))
    for fact in (
        "NCT05748171", "S07-012", "RB3K7QZ2MA", "INO", "Inotuzumab ozogamicin",
        "Dětská nemocnice Žluťoučký kůň", "1 to under 10 years", "investigator-s07",
        "2 March 2026, 13:05:09 UTC", "2 March 2026, 14:05:09 (Europe/Prague, UTC+01:00)",
        "Jana Nováková", "I confirm that the child is eligible", "LIST-2023-A",
        "4f" * 32, CONFIRMATION.commitment or "", "1.4.0",
        "Allocated by the system from the sealed list",
    ):  # fmt: skip
        assert fact in text


def test_a_blinded_confirmation_shows_no_arm_even_where_its_name_slipped_in() -> None:
    slipped = replace(BLINDED, arm_name="Inotuzumab ozogamicin", title="A trial")
    html = confirmation_html(slipped)
    assert "Inotuzumab" not in html
    assert "INO" not in html
    assert "Concealed from this reader" in html
    assert html == confirmation_html(replace(slipped, arm_name="ALLR3 chemotherapy"))


def test_a_confirmation_says_nothing_of_how_the_list_was_drawn() -> None:
    text = said(confirmation_html(CONFIRMATION)).lower()
    for word in ("block", "position", "remaining", "left", "next number", "exhaust"):
        assert word not in text


def test_an_allocation_in_error_is_said_to_be_one() -> None:
    marked = replace(CONFIRMATION, in_error_at=datetime(2026, 4, 1, 8, tzinfo=UTC))
    assert "randomized in error" not in said(confirmation_html(CONFIRMATION))
    text = said(confirmation_html(marked))
    assert "Marked as randomized in error on 1 April 2026, 08:00:00 UTC" in text
    assert "INO" in text  # it stands


def test_what_is_missing_is_said_or_left_out() -> None:
    bare = replace(CONFIRMATION, signature=None, commitment=None, stratum=(), source="forced")
    text = said(confirmation_html(bare))
    assert "None was required" in text
    assert "Forced to a named arm by two authorised persons" in text
    assert "CommitmentNone" not in text
    assert "StratificationNone" in text


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        confirmation_html(replace(CONFIRMATION, time_zone="Europe/Nowhere"))


def test_the_local_time_follows_summer_time_and_the_date_line() -> None:
    at = datetime(2026, 7, 31, 22, 30, tzinfo=UTC)
    text = said(confirmation_html(replace(CONFIRMATION, randomized_at=at)))
    assert "1 August 2026, 00:30:00 (Europe/Prague, UTC+02:00)" in text
    assert "31 July 2026, 22:30:00 UTC" in text


def test_an_instant_told_with_another_offset_is_shown_in_universal_time() -> None:
    at = datetime(2026, 3, 2, 23, 5, 9, tzinfo=timezone(timedelta(hours=-3)))
    text = said(confirmation_html(replace(CONFIRMATION, randomized_at=at)))
    assert "Randomized at3 March 2026, 02:05:09 UTC" in text


def test_what_somebody_typed_keeps_its_own_direction_of_writing() -> None:
    html = confirmation_html(replace(CONFIRMATION, site_name=HEBREW, list_id=HEBREW))
    assert f"<bdi>{HEBREW}</bdi>" in html
    assert f'<bdi class="id">{HEBREW}</bdi>' in html


def test_the_curve_joins_the_ends_of_months_and_stops_now() -> None:
    html = enrolment_html(ENROLMENT)
    path = re.search(r'class="curve" d="M([^"]*)"', html)
    assert path is not None
    points = [tuple(map(float, point.split())) for point in path[1].split(" L")]
    # The plot is 648 wide from 58 and stands for 36 months; 250 high from 284 and for 100.
    assert points[0] == (pytest.approx(58 + 648 * 1 / 36, abs=0.1), 284)
    assert points[1] == (pytest.approx(58 + 648 * 2 / 36, abs=0.1), pytest.approx(284 - 2.5))
    assert points[-2] == (pytest.approx(58 + 648 * 17 / 36, abs=0.1), pytest.approx(284 - 105))
    now = 17 + (19 + 9.5 / 24) / 31
    assert points[-1] == (pytest.approx(58 + 648 * now / 36, abs=0.1), pytest.approx(166.5))
    assert len(points) == 18


def test_enrolment_counts_by_site_country_stratum_and_month() -> None:
    text = said(enrolment_html(ENROLMENT))
    assert "47 of 100" in text
    assert "Target by end of 2024-10503 behind" in text
    assert "S01Nemocnice MotolCZopen201616 reached" in text
    assert f"S03{ENROLMENT.sites[2].name}BGclosed221420" in text
    assert "All6247" in text
    assert "GR12017" in text
    assert "1 to under 10 years; relapse before 24 months2133" in text
    assert "2024-107547" in text


def test_a_month_without_news_stands_in_the_table_with_what_was_reached() -> None:
    text = said(enrolment_html(ENROLMENT))
    assert "2023-07" not in {count.month for count in ENROLMENT.months}
    assert "2023-07001" in text


def test_enrolment_of_nobody_is_a_page_too() -> None:
    empty = replace(ENROLMENT, months=(), sites=(), countries=(), strata=(), target=None)
    text = said(enrolment_html(empty))
    assert "0 of 100" in text
    assert "Nobody was screened or randomized yet" in text
    assert "Target" not in text


def test_enrolment_of_the_reader_s_own_sites_says_so_and_compares_with_no_plan() -> None:
    own = replace(ENROLMENT, planned=None, target=None)
    for facts in (own, replace(own, months=())):
        text = said(enrolment_html(facts))
        assert "Enrolment at your sites" in text
        assert "Your sites only, not the whole study." in text
        assert "Randomized at your sites" in text
        for word in ("plan", "None of", "of None", "Target", "behind", "ahead"):
            assert word not in text
    assert "your sites" not in said(enrolment_html(ENROLMENT)).lower()


def test_enrolment_names_no_arm() -> None:
    html = enrolment_html(replace(ENROLMENT, title="A trial"))
    assert "INO" not in html
    assert "ALLR3" not in html


def test_a_month_in_another_form_is_refused() -> None:
    for month in ("2023-5", "2023-13", "May 2023", "20235"):
        with pytest.raises(ValueError, match=r"YYYY-MM|invalid literal"):
            enrolment_html(replace(ENROLMENT, months=(MonthCount(month, 1, 1, 1),)))


def test_the_specification_says_how_the_study_randomizes() -> None:
    text = said(specification_html(SPECIFICATION))
    for fact in (
        "Permuted blocks within strata", "INOInotuzumab ozogamicin2", "ALLR3ALLR3 chemotherapy1",
        "2:1", "Age in completed years is less than 10", "Stated in the request",
        "studyall10080 %, 100 %counted", "siteeach20", "A subject who left is not replaced.",
        "At most 2 in the study", "6 sealed envelopes", "seal a list", "induct-rand-v1", "0007",
        "LIST-2023-Aactive", "ab" * 32, "Two leave room for an emergency",
    ):  # fmt: skip
        assert fact in text


@pytest.mark.parametrize("path", ["randomization.scheme", "randomization.scheme.block_sizes"])
def test_how_lists_are_drawn_is_withheld_with_its_note(path: str) -> None:
    assumed = (AssumedValue(path, "[73,86,99]", "Multiples of seventy-three"),)
    html = specification_html(replace(SPECIFICATION, assumed=assumed))
    for told in ("73", "86", "99", "seventy-three"):
        assert told not in said(html)
    assert path in html
    assert "Withheld until the database is locked" in html


def test_a_path_that_only_begins_alike_is_shown() -> None:
    assumed = (AssumedValue("randomization.schemes", "shown", "why"),)
    assert "shown" in said(specification_html(replace(SPECIFICATION, assumed=assumed)))


@given(text=anything)
def test_any_text_stays_text_on_every_page(text: str) -> None:
    plain = {name: Reader(render()) for name, render in PAGES.items()}
    pages = {
        "confirmation": confirmation_html(
            replace(
                CONFIRMATION, title=text, subject=text, site_name=text, requested_by=text,
                arm_name=text or "x", list_id=text,
            )
        ),
        "enrolment": enrolment_html(
            replace(
                ENROLMENT,
                title=text,
                sites=tuple(replace(site, name=text) for site in ENROLMENT.sites),
                countries=tuple(replace(c, country=text) for c in ENROLMENT.countries),
                strata=tuple(replace(stratum, label=text) for stratum in ENROLMENT.strata),
            )
        ),
        "specification": specification_html(
            replace(SPECIFICATION, title=text, method=(text, text), forced=text, downtime=text)
        ),
    }  # fmt: skip
    for name, html in pages.items():
        html.encode("utf-8")
        read = Reader(html)
        assert read.tags == plain[name].tags
        assert read.open == []
        # A browser reads a carriage return as a line feed; ours is replaced before that.
        assert visible(text) in read.text


@given(
    months=st.lists(
        st.tuples(st.integers(2015 * 12, 2040 * 12), st.integers(0, 10**6)),
        max_size=8, unique_by=lambda month: month[0],
    )
)  # fmt: skip
def test_any_months_make_a_page_with_finite_numbers(months: list[tuple[int, int]]) -> None:
    counts = tuple(
        MonthCount(f"{month // 12:04d}-{month % 12 + 1:02d}", count, count, count)
        for month, count in sorted(months)
    )
    html = enrolment_html(replace(ENROLMENT, months=counts))
    drawn = html[html.index("<svg") : html.index("</svg>")]
    assert not re.search(r"nan|inf", drawn)
    for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy"):
        for value in re.findall(rf' {name}="([^"]*)"', drawn):
            assert -20 <= float(value) <= 760


def test_every_number_of_enrolment_stands_in_the_page() -> None:
    facts = replace(
        ENROLMENT,
        sites=(SiteCount("S77", "Seventy-seven", "SE", "open", 771, 772, 773),),
        countries=(CountryCount("SE", 774, 775, 776, 777),),
        strata=(StratumCount("all", 778, 779),),
    )
    text = said(enrolment_html(facts))
    for number in range(771, 780):
        assert str(number) in text
