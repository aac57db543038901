"""The documents of a definition show all that it says of its forms, and nothing unescaped."""

import csv
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from shared.study import StudyDefinition, from_json, to_json
from shared.study.dictionary import entries, schedule_words
from shared.study.documents.dictionary_csv import COLUMNS, dictionary_csv
from shared.study.documents.dictionary_page import dictionary_page
from shared.study.documents.forms_page import forms_page
from shared.study.sdtm_homes import Home, sdtm_homes
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
HOMES = sdtm_homes(NCT)
VOID = {"meta", "br"}
Page = Callable[[StudyDefinition, Home], str]


class Reader(HTMLParser):
    """Gathers text, ids and links, and complains of tags that do not close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids += [str(told["id"])] if "id" in told else []
        self.links += [str(told["href"])] if tag == "a" else []
        self.fetched += [tag] if tag in {"script", "link", "img", "iframe"} else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def changed(**attributes: str) -> StudyDefinition:
    """The definition with other words for its second form's first item."""
    raw = to_json(NCT)
    raw["forms"][1]["items"][0] |= attributes
    return from_json(raw)


def test_the_form_list_shows_every_item_code_and_check_and_where_it_leads() -> None:
    reader = read(forms_page(NCT, HOMES))
    text = " ".join(reader.words)
    for form in NCT.forms:
        assert form.id in reader.ids
        assert form.name in text
        for item in form.items:
            assert item.label in text
            assert all(code.label in text for code in item.codes)
        for check in NCT.checks_of(form.id):
            assert f"{form.id}-{check.id}" in reader.ids
            assert check.message in text
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert len(set(reader.ids)) == len(reader.ids)


@pytest.mark.parametrize("make", [forms_page, dictionary_page])
def test_a_page_fetches_nothing_and_is_the_same_each_time(make: Page) -> None:
    page = make(NCT, HOMES)
    reader = read(page)
    assert reader.fetched == []
    assert "http" not in page
    assert page == make(from_json(to_json(NCT)), HOMES)
    assert str(NCT.id) in " ".join(reader.words)


@pytest.mark.parametrize("make", [forms_page, dictionary_page])
def test_what_a_definition_says_cannot_become_markup(make: Page) -> None:
    page = make(changed(label='<script>alert("x")</script> & more'), HOMES)
    assert read(page).fetched == []
    assert "&lt;script&gt;" in page


def test_no_page_tells_of_the_scheme_of_allocation() -> None:
    for page in (forms_page(NCT, HOMES), dictionary_page(NCT, HOMES)):
        assert not re.search(r"block_sizes|permuted", page)


def test_the_table_has_one_row_an_item_and_reads_back() -> None:
    rows = list(csv.DictReader(io.StringIO(dictionary_csv(NCT, HOMES), newline="")))
    assert tuple(rows[0]) == COLUMNS
    items = [(form.id, item.id) for form in NCT.forms for item in form.items]
    assert [(row["form"], row["item"]) for row in rows] == items
    by_item = {(row["form"], row["item"]): row for row in rows}
    fraction = by_item["mrd", "fraction"]
    assert (fraction["type"], fraction["unit"], fraction["analyte"], fraction["censored"]) == (
        "decimal", "1", "mrd", "yes",
    )  # fmt: skip
    assert by_item["pk_sample", "concentration"]["arm_revealing"] == "yes"
    assert by_item["adverse_event", "relation_ino"]["arm_revealing"] == "yes"
    assert by_item["adverse_event", "term"]["arm_revealing"] == "no"
    assert "AE-02" in by_item["adverse_event", "grade"]["checks"].split("; ")


def test_a_cell_cannot_be_taken_for_a_formula() -> None:
    text = dictionary_csv(changed(label='=HYPERLINK("x")'), HOMES)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    ("form", "item", "home"),
    [
        ("blood_count", "neutrophils", "LB.LBORRES where LBTESTCD = NEUT"),
        ("blood_count", "sample_date", "LB.LBDTC"),
        ("adverse_event", "term", "AE.AETERM"),
        ("adverse_event", "start_date", "AE.AESTDTC"),
        ("adverse_event", "end_date", "AE.AEENDTC"),
        ("demographics", "sex", "DM.SEX"),
        ("consent", "consent_date", "DM.RFICDTC"),
        ("dosing", "amount", "EX.EXDOSE"),
        ("pk_sample", "concentration", "PC.PCORRES where PCTESTCD = INO"),
        ("mrd", "sensitivity", "LB.LBLLOD"),
    ],
)
def test_an_item_names_its_home_in_sdtm(form: str, item: str, home: str) -> None:
    assert home in HOMES[form, item]


def test_the_windows_of_a_form_are_told_by_what_they_count_from() -> None:
    after_day1 = [
        visits
        for visits, anchor in schedule_words(NCT, NCT.form("blood_count"))
        if anchor.startswith("Day 1")
    ]
    assert after_day1 == [
        "C1D1 day 1, C1D8 day 8 (−2/+2 days), C1D15 day 15 (−2/+2 days), C1D28 day 28 (−2/+2 days)"  # noqa: RUF001
    ]


def test_an_entry_tells_type_limits_and_what_else_holds_in_words() -> None:
    found = {(each.form.id, each.item.id): each for each in entries(NCT, HOMES)}
    birth = found["demographics", "birth_month"]
    assert birth.type_words == "month or year"
    blasts = found["marrow", "blasts"]
    assert (blasts.type_words, blasts.limits) == ("number in %", "0 to 100")
    assert 'accepts "<5"' in blasts.notes
    assert found["marrow", "sample_date"].notes == ("dates the record",)
    assert found["mrd", "sample_id"].limits == "at most 40 characters"
