"""The frame that every page has, and the pieces that pages share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.randomization.documents import words
from services.randomization.documents.facts import Mode
from services.randomization.documents.markup import Content, Markup, datum, element, join
from services.randomization.documents.style import CSS, POLICY

# What goes with a page over HTTP: it holds patient data, and nothing in it may act.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Language": "en",
    "Vary": "Accept",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``number`` sets it flush right, ``wide`` keeps it readable."""

    name: str
    number: bool = False
    wide: bool = False

    @property
    def style(self) -> str | None:
        return "number" if self.number else "wide" if self.wide else None


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page's sections: of which study, in which mode, called what."""

    study: str
    title: str
    mode: Mode
    name: str
    subtitle: str
    tab: str


def document(frame: Frame, body: Content, foot: Content) -> str:
    """A whole page."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="robots", content="noindex"),
        element("title", f"{frame.tab} {words.DASH} {frame.study}"),
        element("style", Markup(CSS)),
    )
    header = element(
        "header",
        element("p", datum(frame.study), class_="study"),
        element("p", datum(frame.title)),
        element("h1", frame.name),
        element("p", frame.subtitle),
    )
    main = element("main", header, body, element("footer", element("p", foot, class_="note")))
    page = element("html", head, element("body", _banner(frame.mode), main), lang="en", dir="ltr")
    return "<!doctype html>\n" + page.html + "\n"


def section(heading: str, *content: Content) -> Markup:
    return element("section", element("h2", heading), content)


def identifier(text: str) -> Markup:
    """A code, hash or number that a person compares letter by letter."""
    return element("bdi", text, class_="id")


def key_facts(facts: Sequence[tuple[str, Content, Content]], *, counts: bool = False) -> Markup:
    """The few facts that a reader looks for first: name, value, and a small line beneath. Counts
    are short, so that more of them stand side by side."""
    return element(
        "dl",
        (
            element("div", element("dt", name), element("dd", value, _small(below)))
            for name, value, below in facts
        ),
        class_="key counts" if counts else "key",
    )


def fact_list(facts: Sequence[tuple[Content, Content]]) -> Markup:
    return element(
        "dl",
        ((element("dt", name), element("dd", value)) for name, value in facts),
        class_="facts",
    )


def table(
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Content]],
    total: Sequence[Content] | None = None,
) -> Markup:
    """A table; a sentence where it is empty. On a narrow screen a table of much text shows each
    row as a list of its own, any other scrolls by itself."""
    if not rows:
        return element("p", "None.", class_="note")
    head = element("tr", (element("th", c.name, scope="col", class_=c.style) for c in columns))
    foot = element("tfoot", _row(columns, total)) if total is not None else None
    grid = element(
        "table",
        element("thead", head),
        element("tbody", (_row(columns, row) for row in rows)),
        foot,
        class_="stack" if _needs_width(columns) else None,
    )
    return element("div", grid, class_="scroll", role="region", aria_label=name, tabindex=0)


def _row(columns: Sequence[Column], cells: Sequence[Content]) -> Markup:
    pairs = zip(columns, cells, strict=True)
    return element(
        "tr",
        (element("td", cell, class_=c.style, data_label=c.name) for c, cell in pairs),
    )


def _needs_width(columns: Sequence[Column]) -> bool:
    wide = sum(column.wide for column in columns)
    return wide > 1 or (wide == 1 and len(columns) > 4)


def _small(below: Content) -> Markup | None:
    return element("small", below) if join(below).html else None


def _banner(mode: Mode) -> Markup | None:
    if mode == "live":
        return None
    return element(
        "p", element("b", words.TRAINING), f" {words.TRAINING_BANNER}", class_="training"
    )
