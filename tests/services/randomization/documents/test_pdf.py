"""The confirmation on paper: one page, the facts in its text, the same bytes each time."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.randomization.documents.facts import ConfirmationFacts
from services.randomization.documents.pdf import confirmation_pdf, file_name
from tests.services.randomization.documents.samples import (
    BLINDED,
    CONFIRMATION,
    HEBREW,
    LONG,
    SCRIPT,
)

ROOT = Path(__file__).parents[4]
FONTS = ROOT / "services" / "randomization" / "documents" / "fonts"


def read(facts: ConfirmationFacts) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(confirmation_pdf(facts)), strict=True)


def text(facts: ConfirmationFacts) -> str:
    return "".join(page.extract_text() for page in read(facts).pages)


def picture(facts: ConfirmationFacts, tmp_path: Path) -> Image.Image:
    program = shutil.which("pdftoppm")
    if program is None:
        pytest.skip("there is no pdftoppm (poppler-utils) to draw the page")
    file = tmp_path / "confirmation.pdf"
    file.write_bytes(confirmation_pdf(facts))
    command = [program, "-r", "50", "-png", "-singlefile", str(file), str(tmp_path / "page")]
    done = subprocess.run(command, check=True, capture_output=True)
    assert done.stderr == b""
    return Image.open(tmp_path / "page.png").convert("RGB")


def test_it_is_one_page_of_a4() -> None:
    pages = read(CONFIRMATION).pages
    assert len(pages) == 1
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]


def test_the_same_facts_give_the_same_bytes_whatever_was_drawn_between() -> None:
    first = confirmation_pdf(CONFIRMATION)
    confirmation_pdf(replace(CONFIRMATION, site_name="Παίδων", mode="training"))
    assert confirmation_pdf(CONFIRMATION) == first


def test_another_process_gives_the_same_bytes() -> None:
    script = (
        "import hashlib;"
        "from tests.services.randomization.documents.samples import CONFIRMATION;"
        "from services.randomization.documents.pdf import confirmation_pdf;"
        "print(hashlib.sha256(confirmation_pdf(CONFIRMATION)).hexdigest())"
    )
    environment = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, check=True, capture_output=True
    )
    expected = hashlib.sha256(confirmation_pdf(CONFIRMATION)).hexdigest()
    assert done.stdout.decode().strip() == expected


def test_its_date_is_that_of_the_allocation() -> None:
    found = read(CONFIRMATION).metadata
    assert found is not None
    assert found.creation_date == CONFIRMATION.randomized_at
    assert found.modification_date == CONFIRMATION.randomized_at
    dash = "\N{EN DASH}"
    expected = f"Confirmation of randomization {dash} S07-012 {dash} NCT05748171"
    assert found.title == expected


def test_its_text_can_be_read_and_searched() -> None:
    found = text(CONFIRMATION)
    for fact in (
        "NCT05748171", "S07-012", "RB3K7QZ2MA", "INO", "Inotuzumab ozogamicin",
        "Dětská nemocnice Žluťoučký kůň", "2 March 2026, 14:05:09 (Europe/Prague, UTC+01:00)",
        "Jana Nováková", "4f" * 32, CONFIRMATION.commitment or "", "Relapse at 24 months or later",
    ):  # fmt: skip
        assert fact in found


@pytest.mark.parametrize(
    "name",
    ["Νοσοκομείο Παίδων", "Дитяча лікарня", "Spitalul pentru copii Țăndărei", "Şişli Çocuk", "Łódź",
     "Մանկական", "ბავშვთა"],
)  # fmt: skip
def test_names_in_the_alphabets_of_europe_come_out(name: str) -> None:
    assert name in text(replace(CONFIRMATION, site_name=name))


def test_a_hebrew_name_is_set_from_right_to_left_with_its_brackets_turned() -> None:
    from services.randomization.documents.typesetting import as_seen

    assert as_seen("אב (3) גד") == "דג (3) בא"
    assert as_seen("abc (3)") == "abc (3)"
    found = text(replace(CONFIRMATION, site_name=HEBREW))
    assert all(letter in found for letter in HEBREW)


def test_a_sign_that_the_font_lacks_is_named_and_never_dropped() -> None:
    found = text(replace(CONFIRMATION, site_name="北 A\U0001f600 \U0001d400"))
    assert "[U+5317] A[U+1F600] [U+1D400]" in found


def test_signs_that_steer_direction_are_not_set() -> None:
    steered = "Clinic \N{RIGHT-TO-LEFT OVERRIDE}txet"
    assert "Clinic txet" in text(replace(CONFIRMATION, site_name=steered))


def test_letters_typed_in_two_parts_come_out_as_one() -> None:
    assert "Dětská" in text(replace(CONFIRMATION, site_name="De\u030ctska\u0301"))


def test_blinded_it_shows_no_arm_even_where_its_name_slipped_in() -> None:
    slipped = replace(BLINDED, arm_name="Inotuzumab ozogamicin", title="A trial")
    file = confirmation_pdf(slipped)
    found = text(slipped)
    assert "Inotuzumab" not in found
    assert "INO" not in found
    assert "Concealed from this reader" in found
    assert file == confirmation_pdf(replace(slipped, arm_name="ALLR3 chemotherapy"))


def test_it_says_nothing_of_how_the_list_was_drawn() -> None:
    found = text(CONFIRMATION).lower()
    for word in ("block", "position", "remaining", "next number", "exhaust"):
        assert word not in found


def test_neither_its_name_nor_its_metadata_tell_the_arm() -> None:
    told = json.dumps({k: str(v) for k, v in (read(CONFIRMATION).metadata or {}).items()})
    assert "INO" not in told
    assert "INO" not in file_name(CONFIRMATION)
    assert file_name(CONFIRMATION) == "randomization-NCT05748171-S07-012.pdf"


def test_an_allocation_in_error_is_said_to_be_one() -> None:
    marked = replace(CONFIRMATION, in_error_at=datetime(2026, 4, 1, 8, tzinfo=UTC))
    assert "randomized in error" not in text(CONFIRMATION)
    assert "Marked as randomized in error on 1 April 2026, 08:00:00 UTC" in text(marked)


def test_script_is_text_like_any_other() -> None:
    facts = replace(CONFIRMATION, site_name=SCRIPT)
    assert SCRIPT in text(facts)
    file = confirmation_pdf(facts)
    assert b"/JavaScript" not in file
    assert b"/OpenAction" not in file


def test_the_longest_facts_still_fit_one_page() -> None:
    crowded = replace(
        CONFIRMATION,
        title="word " * 800,
        site_name="W" * 200,
        requested_by=LONG * 3,
        subject="W" * 30,
        mode="training",
        stratum=tuple((f"{i} {LONG}", "level " * 600) for i in range(20)),
        in_error_at=datetime(2026, 4, 1, tzinfo=UTC),
    )
    found = text(crowded)
    assert len(read(crowded).pages) == 1
    for fact in ("RB3K7QZ2MA", CONFIRMATION.commitment or "", "…", "\n19\n", "page 1 of 1"):
        assert fact in found


# Half a surrogate pair is no text: no definition and no request can hold it (UTF-8).
@given(name=st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_any_text_makes_a_page(name: str) -> None:
    facts = replace(CONFIRMATION, site_name=name, title=name, subject=name, requested_by=name)
    assert len(read(facts).pages) == 1


def test_training_is_told_in_training_only() -> None:
    assert "TRAINING" not in text(CONFIRMATION)
    assert "TRAINING" in text(replace(CONFIRMATION, mode="training"))


def test_what_is_drawn_stands_on_the_page(tmp_path: Path) -> None:
    live = picture(CONFIRMATION, tmp_path)
    assert live.getpixel((5, 5)) == (255, 255, 255)
    ink = live.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert ink is not None
    width, height = live.size
    assert ink[0] > 0.05 * width
    assert ink[2] < 0.95 * width
    assert ink[3] < 0.97 * height
    training = picture(replace(CONFIRMATION, mode="training"), tmp_path)
    assert training.getpixel((5, 5)) == (255, 213, 74)


def test_the_fonts_are_inside_the_file() -> None:
    resources = read(CONFIRMATION).pages[0]["/Resources"]
    fonts = [font.get_object() for font in resources["/Font"].values()]
    assert {str(font["/BaseFont"]).partition("+")[2] for font in fonts} == {
        "DejaVuSans",
        "DejaVuSans-Bold",
    }
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)


def test_the_shipped_fonts_are_the_ones_that_their_readme_names() -> None:
    named = (FONTS / "README.md").read_text(encoding="utf-8")
    for file in FONTS.glob("*.ttf"):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert f"{digest}  {file.name}" in named
    assert "Bitstream Vera" in (FONTS / "LICENSE").read_text(encoding="utf-8")


def test_the_library_is_imported_by_the_first_document_only() -> None:
    script = (
        "import json, sys;"
        "import services.randomization.documents.pdf as pdf;"
        "import services.randomization.documents.confirmation_page;"
        "import services.randomization.documents.enrolment_page;"
        "import services.randomization.documents.specification_page;"
        "heavy = {'reportlab', 'PIL', 'bidi', 'fastapi', 'sqlalchemy'};"
        "before = sorted(heavy & set(sys.modules));"
        "from tests.services.randomization.documents.samples import CONFIRMATION;"
        "pdf.confirmation_pdf(CONFIRMATION);"
        "print(json.dumps([before, 'reportlab' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)
    assert json.loads(done.stdout) == [[], True]
