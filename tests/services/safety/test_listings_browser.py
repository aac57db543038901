"""The desk's due list in a real browser: in order, readable, within the screen, and silent."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest

from tests.services.randomization.documents.chromium import Chromium, find
from tests.services.safety.life import Life, on
from tests.support.api import ApiClient

# One browser for all tests of it.
pytestmark = pytest.mark.long
HOSTILE = "<img src=x onerror=alert(1)> " + "W" * 60
PHONE = 390
SHEET = 1046  # A4 across, without its margins
_ROWS = "[...document.querySelectorAll('tbody tr')]"
# Where text stands on more than one line, or out of its cell.
_BROKEN = """[...document.querySelectorAll('.code, td span')].filter(each => {
    const range = document.createRange(); range.selectNodeContents(each);
    return new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1;
}).map(each => each.textContent)"""
_OUT = """[...document.querySelectorAll('td, th')]
    .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.textContent)"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = find()
    if program is None:
        pytest.skip("there is no Chromium; infra/browser.sh installs Debian's")
    found = Chromium(program, tmp_path_factory.mktemp("browser"))
    yield found
    found.close()


@pytest.fixture
def items(api: ApiClient, report: dict[str, Any]) -> list[dict[str, Any]]:
    Life(api, report)
    Life(api, report, seriousness=["death"], grade=5, event_term=HOSTILE)
    found: list[dict[str, Any]] = api.get("/due-list", role="safety_desk", at=on(1)).json()["items"]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_most_urgent_stands_first_and_what_is_due_within_a_day_stands_out(
    browser: Chromium, api: ApiClient, items: list[Any], scheme: Literal["light", "dark"]
) -> None:
    page = api.get("/due-list?format=html", role="safety_desk", at=on(1)).text
    browser.show(page, width=1300, scheme=scheme)
    hours = browser.value(f"{_ROWS}.map(row => Number(row.cells[0].innerText))")
    assert hours == [each["hours_left"] for each in items] == sorted(hours)
    colours = browser.value(f"{_ROWS}.map(row => getComputedStyle(row.cells[0]).backgroundColor)")
    urgent = {colour for colour, left in zip(colours, hours, strict=True) if left < 24}
    others = {colour for colour, left in zip(colours, hours, strict=True) if left >= 24}
    assert len(urgent) == len(others) == 1
    assert urgent != others
    assert HOSTILE in browser.value("document.body.innerText")
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith("file:")] == []


@pytest.mark.parametrize(
    ("width", "media"), [(1300, "screen"), (PHONE, "screen"), (SHEET, "print")]
)
def test_numbers_and_dates_are_read_in_one_piece_and_nothing_stands_out_of_the_page(
    browser: Chromium, api: ApiClient, items: list[Any], width: int, media: Any
) -> None:
    page = api.get("/due-list?format=html", role="safety_desk", at=on(1)).text
    browser.show(page, width=width, media=media)
    assert browser.value(_BROKEN) == []
    assert browser.value(_OUT) == []
    # On a screen the table scrolls in its frame, and the page does not; paper does not scroll.
    assert browser.value("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("listing", ["/due-list", "/line-listing"])
def test_on_the_screen_of_a_laptop_every_column_is_in_sight(
    browser: Chromium, api: ApiClient, items: list[Any], listing: str
) -> None:
    page = api.get(f"{listing}?format=html", role="safety_desk", at=on(1)).text
    browser.show(page, width=1280)
    inside = "document.querySelector('.scroll')"
    assert browser.value(f"{inside}.scrollWidth <= {inside}.clientWidth")
