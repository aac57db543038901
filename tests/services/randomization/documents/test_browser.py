"""The pages in a real browser: drawn, readable, within the screen, and silent."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from services.randomization.documents.confirmation_page import confirmation_html
from services.randomization.documents.enrolment_page import enrolment_html
from services.randomization.documents.facts import SiteCount, StratumCount
from services.randomization.documents.specification_page import specification_html
from tests.services.randomization.documents.chromium import Chromium, find
from tests.services.randomization.documents.samples import (
    CONFIRMATION,
    ENROLMENT,
    HEBREW,
    LONG,
    SCRIPT,
    SPECIFICATION,
)

# One browser for all tests of it.
pytestmark = pytest.mark.long
Colour = tuple[int, int, int]
CURVE = {"light": (0x0B, 0x5C, 0x8A), "dark": (0x6D, 0xB8, 0xE6)}
TARGET, BAR = (0xB4, 0x54, 0x0A), (0x5B, 0x9B, 0xC4)
BANNER = (0xFF, 0xD5, 0x4A)
PHONE = 390
HOSTILE_ENROLMENT = replace(
    ENROLMENT,
    title=SCRIPT + LONG,
    mode="training",
    sites=(
        SiteCount("S" * 20, f"{SCRIPT} {LONG}", "CZ", "open", 10**6, 10**6, 10**6),
        SiteCount("S02", HEBREW, "IL", "open", 1, 1, None),
    ),
    strata=(StratumCount(LONG, 12, 12), StratumCount(SCRIPT, 1, None)),
)
HOSTILE_CONFIRMATION = replace(
    CONFIRMATION,
    title=LONG,
    mode="training",
    subject="S07-" + "W" * 26,
    site_name=f"{HEBREW} {SCRIPT} {LONG}",
    stratum=((LONG, LONG), (SCRIPT, HEBREW)),
)
HOSTILE_SPECIFICATION = replace(
    SPECIFICATION,
    method=(SCRIPT, LONG),
    replacement=LONG,
    lists=(replace(SPECIFICATION.lists[0], list_id="L" * 60),),
    mode="training",
)
PAGES = {
    "confirmation": confirmation_html(CONFIRMATION),
    "enrolment": enrolment_html(ENROLMENT),
    "enrolment of nobody": enrolment_html(
        replace(ENROLMENT, months=(), sites=(), countries=(), strata=(), target=None)
    ),
    "specification": specification_html(SPECIFICATION),
    "hostile confirmation": confirmation_html(HOSTILE_CONFIRMATION),
    "hostile enrolment": enrolment_html(HOSTILE_ENROLMENT),
    "hostile specification": specification_html(HOSTILE_SPECIFICATION),
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = find()
    if program is None:
        pytest.skip("there is no Chromium; infra/browser.sh installs Debian's")
    found = Chromium(program, tmp_path_factory.mktemp("browser"))
    yield found
    found.close()


@pytest.fixture(params=PAGES)
def html(request: pytest.FixtureRequest) -> str:
    return PAGES[str(request.param)]


def seen(browser: Chromium) -> str:
    return str(browser.value("document.body.innerText"))


def extent(png: bytes, colour: Colour) -> tuple[int, int, int, int] | None:
    """The box around all pixels of exactly that colour: left, top, right, bottom."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    width, height = image.size
    pixels = image.tobytes()
    wanted = bytes(colour)
    mask = bytes(
        255 if pixels[at : at + 3] == wanted else 0 for at in range(0, 3 * width * height, 3)
    )
    return Image.frombytes("L", (width, height), mask).getbbox()


def chart(browser: Chromium, png: bytes) -> bytes:
    """The part of a screenshot that the chart is in."""
    box = browser.value(
        "(() => { const b = document.querySelector('figure > svg').getBoundingClientRect();"
        " return [b.left, b.top + scrollY, b.right, b.bottom + scrollY].map(Math.round) })()"
    )
    part = io.BytesIO()
    Image.open(io.BytesIO(png)).crop(box).save(part, "PNG")
    return part.getvalue()


def size(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, PHONE])
def test_the_accrual_curve_is_drawn_over_the_months_that_have_passed(
    browser: Chromium, scheme: str, width: int
) -> None:
    browser.show(PAGES["enrolment"], width=width, scheme=scheme)  # type: ignore[arg-type]
    picture = chart(browser, browser.screenshot())
    across, high = size(picture)
    box = extent(picture, CURVE[scheme])
    assert box is not None
    left, top, right, bottom = box
    # From the second month of a plan of 36 to the eighteenth, from 0 to 47 of 100.
    assert right - left > 0.4 * across
    assert right < 0.65 * across
    assert bottom - top > 0.2 * high


def test_a_curve_of_more_children_reaches_higher(browser: Chromium) -> None:
    tops = []
    for factor in (1, 2):
        months = tuple(replace(m, cumulative=m.cumulative * factor) for m in ENROLMENT.months)
        browser.show(enrolment_html(replace(ENROLMENT, months=months)))
        box = extent(chart(browser, browser.screenshot()), CURVE["light"])
        assert box is not None
        tops.append(box[1])
    assert tops[1] < tops[0] - 50


def test_target_and_bars_are_drawn_in_colours_of_their_own(browser: Chromium) -> None:
    browser.show(PAGES["enrolment"])
    picture = chart(browser, browser.screenshot())
    across, _ = size(picture)
    target, bars = extent(picture, TARGET), extent(picture, BAR)
    assert target is not None
    assert bars is not None
    assert target[2] - target[0] > 0.85 * across
    # The bars stand beneath both lines, over the months that have passed.
    assert bars[1] > target[3]
    assert 0.35 * across < bars[2] - bars[0] < 0.6 * across


def test_print_keeps_the_light_colours_whatever_the_screen_prefers(browser: Chromium) -> None:
    browser.show(PAGES["enrolment"], scheme="dark", media="print", width=700)
    picture = chart(browser, browser.screenshot())
    assert extent(picture, CURVE["light"]) is not None
    assert extent(picture, (255, 255, 255)) is not None


@pytest.mark.parametrize("width", [1100, PHONE, 320])
def test_no_page_is_wider_than_the_screen(browser: Chromium, html: str, width: int) -> None:
    browser.show(html, width=width)
    assert browser.value("document.documentElement.scrollWidth") == width
    assert browser.value("document.body.scrollWidth") == width


def test_what_is_wider_than_a_phone_can_be_scrolled_to(browser: Chromium, html: str) -> None:
    """No text ends beyond its box unless that box scrolls."""
    browser.show(html, width=PHONE)
    cut = browser.value(
        "[...document.querySelectorAll('h1,h2,h3,p,li,dt,dd,th,td,bdi')].filter(e =>"
        " e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll')"
        ").map(e => e.innerText)"
    )
    assert cut == []


def test_no_page_complains_or_asks_for_anything(browser: Chromium, html: str) -> None:
    browser.show(html)
    browser.value("document.title")
    assert browser.complaints == []
    assert len(browser.requests) == 1  # the page itself


def test_the_browser_would_have_told_of_a_script(browser: Chromium) -> None:
    """The two tests around this one can fail: here is a page that does what none may."""
    page = PAGES["confirmation"].replace("</main>", "</main><script>document.title='x'</script>")
    browser.show(page)
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)
    assert browser.value("document.title") != "x"


@pytest.mark.parametrize("page", ["hostile confirmation", "hostile enrolment"])
def test_hostile_text_is_shown_as_text(browser: Chromium, page: str) -> None:
    browser.show(PAGES[page])
    assert browser.value("document.scripts.length") == 0
    assert SCRIPT in seen(browser)
    assert HEBREW in seen(browser)
    assert LONG in seen(browser)
    assert browser.complaints == []


def test_a_name_in_hebrew_leaves_the_text_after_it_in_its_place(browser: Chromium) -> None:
    row = replace(ENROLMENT.sites[0], name=f"{HEBREW} (3)")
    browser.show(enrolment_html(replace(ENROLMENT, sites=(row,))))
    places = browser.value(
        "[...document.querySelectorAll('section:nth-of-type(2) tbody td')]"
        ".map(e => e.getBoundingClientRect().left)"
    )
    assert len(places) == 7
    assert places == sorted(places)


def test_the_confirmation_shows_its_facts(browser: Chromium) -> None:
    browser.show(PAGES["confirmation"], width=PHONE)
    text = seen(browser)
    for fact in ("S07-012", "RB3K7QZ2MA", "INO", "Dětská nemocnice Žluťoučký kůň", "13:05:09 UTC"):
        assert fact in text


def test_texts_are_drawn_and_not_merely_there(browser: Chromium) -> None:
    """Dark letters stand where the heading is."""
    browser.show(PAGES["confirmation"])
    box = browser.value(
        "(() => { const b = document.querySelector('h1').getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom].map(Math.round) })()"
    )
    image = Image.open(io.BytesIO(browser.screenshot())).convert("L").crop(box)
    assert image.getextrema()[0] < 60


@pytest.mark.parametrize(("page", "shown"), [("confirmation", False), ("hostile enrolment", True)])
def test_the_training_banner_is_seen_in_training_only(
    browser: Chromium, page: str, shown: bool
) -> None:
    browser.show(PAGES[page])
    box = extent(browser.screenshot(), BANNER)
    assert (box is not None) is shown
    if box is not None:
        assert box[0] == 0
        assert box[2] == 1100


def test_the_chart_has_a_name_and_a_description(browser: Chromium) -> None:
    browser.show(PAGES["enrolment"])
    tree = browser.send("Accessibility.getFullAXTree")["nodes"]
    charts = [n for n in tree if n.get("role", {}).get("value") in {"img", "image"}]
    assert len(charts) == 1
    name = charts[0]["name"]["value"]
    assert name.startswith("Accrual")
    assert "47 of 100 planned children" in name


def test_a_browser_that_is_not_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find() is None
