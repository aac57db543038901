"""The documents of a definition in a real browser: within the screen, linked, and silent."""

from collections.abc import Iterator
from typing import Literal

import pytest

from shared.study.documents.dictionary_page import dictionary_page
from shared.study.documents.forms_page import forms_page
from shared.study.sdtm_homes import sdtm_homes
from tests.services.randomization.documents.chromium import Chromium, find
from tests.support.definitions import shipped

# One browser for all tests of it.
pytestmark = pytest.mark.long
NCT = shipped("NCT05748171")
HOMES = sdtm_homes(NCT)
PAGES = {"forms": forms_page(NCT, HOMES), "dictionary": dictionary_page(NCT, HOMES)}
WIDTH = "document.documentElement.scrollWidth"
LUMINANCE = "getComputedStyle(document.querySelector('main')).backgroundColor"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = find()
    if program is None:
        pytest.skip("there is no Chromium; infra/browser.sh installs Debian's")
    found = Chromium(program, tmp_path_factory.mktemp("browser"))
    yield found
    found.close()


@pytest.mark.parametrize("width", [390, 1100, 1600])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_scrolls_to_no_side_asks_for_nothing_and_complains_of_nothing(
    browser: Chromium, name: str, width: int
) -> None:
    browser.show(PAGES[name], width=width)
    assert browser.value(WIDTH) <= width
    assert browser.complaints == []
    assert [each for each in browser.requests if not each.startswith("file:")] == []


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_a_page_is_dark_for_who_wants_it_dark(
    browser: Chromium, scheme: Literal["light", "dark"], dark: bool
) -> None:
    browser.show(PAGES["forms"], scheme=scheme)
    assert (browser.value(LUMINANCE) != "rgb(255, 255, 255)") is dark


def test_in_print_a_table_is_no_wider_than_the_sheet(browser: Chromium) -> None:
    # A4 across, less its margins, in CSS pixels.
    browser.show(PAGES["forms"], width=1032, media="print")
    widest = "Math.max(...[...document.querySelectorAll('table')].map(t => t.offsetWidth))"
    assert browser.value(widest) <= 1032
