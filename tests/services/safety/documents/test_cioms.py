"""The CIOMS I form says everything, cuts nothing, and is the same whenever it is drawn."""

import hashlib
import re
import subprocess
import sys
import unicodedata
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from services.safety.documents.boxes import BANDS, BOXES, HEIGHT, MARGIN, TEXTS, WIDTH
from services.safety.documents.cioms import cioms_pdf, file_name
from services.safety.documents.form import CiomsForm, Seriousness, Source
from services.safety.documents.glyphs import MissingGlyphError
from tests.services.safety.documents import forms

_ROOT = Path(__file__).resolve().parents[4]
_FONTS = _ROOT / "services" / "safety" / "documents" / "fonts"


def _pages(form: CiomsForm) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(cioms_pdf(form))).pages]


def _letters(text: str) -> str:
    """Without spaces and line ends, which setting may add."""
    return re.sub(r"\s+", "", text)


def test_every_box_of_the_form_is_on_the_page_with_its_label_and_its_text() -> None:
    (page,) = _pages(forms.form())
    for box in BOXES:
        assert _letters(box.label) in _letters(page), box.field
    for name, text in forms.TEXTS.items():
        assert _letters(text) in _letters(page), name
    assert "2026-04-07" in page
    assert "page 1 of 1" in page
    assert "template 2" in page


def test_the_form_has_every_box_from_1_to_26() -> None:
    labels = " ".join(box.label for box in BOXES)
    numbers = {int(found) for found in re.findall(r"(\d+)[a-d]?\.", labels)}
    for first, last in re.findall(r"(\d+)-(\d+)\.", labels):
        numbers |= set(range(int(first), int(last) + 1))
    numbers |= {7}  # printed with 13
    assert numbers == set(range(1, 27))


def test_two_renderings_are_the_same_bytes() -> None:
    long = forms.form(description="Purple. " * 900)
    assert cioms_pdf(long) == cioms_pdf(long)


def test_another_process_renders_the_same_bytes() -> None:
    code = (
        "import hashlib\n"
        "from services.safety.documents.cioms import cioms_pdf\n"
        "from tests.services.safety.documents.forms import form\n"
        "print(hashlib.sha256(cioms_pdf(form())).hexdigest())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=_ROOT, check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == hashlib.sha256(cioms_pdf(forms.form())).hexdigest()


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_what_a_box_cannot_hold_stands_whole_on_a_labelled_continuation_page(name: str) -> None:
    text = " ".join(f"w{number:04d}" for number in range(700)) + " end"
    first, *rest = _pages(forms.form(**{name: text}))
    label = next(box.label for box in BOXES if box.field == name)
    assert "page 2" in first.replace("p. 2", "page 2")
    assert f"Box {label}" in rest[0]
    assert "CONTINUATION OF CIOMS FORM I" in rest[0]
    told = " ".join(page.partition("\nCIOMS I, template")[0] for page in rest)
    words = re.findall(r"w\d{4}|\bend\b", told)
    assert words == text.split()


def test_a_text_of_a_hundred_thousand_characters_is_there_to_the_last() -> None:
    words = [f"x{number:05d}" for number in range(14_000)]
    pages = _pages(forms.form(description=" ".join(words), history="h" * 5000))
    whole = " ".join(pages[1:])
    assert re.findall(r"x\d{5}", whole) == words
    assert whole.count("h" * 20) >= 200
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page
    assert all("Box 7 + 13" in page for page in pages[1:-1])


def test_names_in_greek_and_cyrillic_and_with_marks_are_set() -> None:
    names = "Ελευθερία Παπαδοπούλου, Александр Щукин, Łukasz Żółć, Đặng"
    (page,) = _pages(forms.form(manufacturer=names))
    assert _letters(names) in _letters(page)


@pytest.mark.parametrize("text", ["北京", "نص", "שם", "\U0001f600", "\ufffe"])
def test_a_character_that_cannot_be_set_is_an_error_and_not_a_hole(text: str) -> None:
    with pytest.raises(MissingGlyphError) as caught:
        cioms_pdf(forms.form(initials=text))
    assert set(caught.value.characters) == set(text)


def test_markup_in_a_text_stays_text() -> None:
    hostile = '<b>bold</b> <img src="file:///etc/passwd"/> &amp; %s (a) \\'
    (page,) = _pages(forms.form(description=hostile))
    assert _letters(hostile) in _letters(page)


@pytest.mark.parametrize(
    ("changes", "ticked"),
    [
        ({"seriousness": Seriousness(died=True), "source": Source(), "follow_up": None}, 1 + 2),
        ({"seriousness": Seriousness(), "source": Source(), "follow_up": True}, 1 + 2),
        ({"abated": True, "reappeared": False, "follow_up": False}, 2 + 2 + 1 + 2),
    ],
)
def test_exactly_what_holds_is_ticked(changes: dict[str, object], ticked: int) -> None:
    (page,) = _pages(forms.form(**changes))
    assert len(re.findall(r"(?m)^X(?=\s|$)|\bX\b", page)) == ticked


def test_no_box_leaves_the_page_or_lies_over_another() -> None:
    for box in BOXES:
        assert box.x >= MARGIN - 0.1
        assert box.x + box.width <= WIDTH - MARGIN + 0.1
        assert box.top + box.height <= HEIGHT - MARGIN + 0.1
    placed = [(box.x, box.top, box.width, box.height) for box in BOXES]
    placed += [(MARGIN, band.top, WIDTH - 2 * MARGIN, 14.0) for band in BANDS]
    for place, (x, top, width, height) in enumerate(placed):
        for other_x, other_top, other_width, other_height in placed[place + 1 :]:
            apart = (
                x + width <= other_x + 0.1
                or other_x + other_width <= x + 0.1
                or top + height <= other_top + 0.1
                or other_top + other_height <= top + 0.1
            )
            assert apart


@given(
    st.sampled_from(sorted(TEXTS)),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F), max_size=400),
)
def test_any_latin_text_of_any_length_is_set(name: str, text: str) -> None:
    whole = _letters("".join(_pages(forms.form(**{name: text}))))
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(c for c in composed if unicodedata.category(c) not in {"Cc", "Cf"})
    assert _letters(shown) in whole


def test_the_file_is_named_by_the_safe_characters_of_the_control_number() -> None:
    assert file_name(forms.form(control_number="../CZ 1")) == "cioms-___CZ_1.pdf"


def test_the_fonts_are_those_that_their_makers_released() -> None:
    told = re.findall(r"([0-9a-f]{64})  (\S+)", (_FONTS / "README.md").read_text())
    assert len(told) == 2
    for digest, name in told:
        assert hashlib.sha256((_FONTS / name).read_bytes()).hexdigest() == digest
