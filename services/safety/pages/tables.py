"""One table in three forms: CSV by RFC 4180 whose cells no spreadsheet runs, and an HTML page.

The page holds no script and loads nothing; everything in it is escaped. The same table gives the
same bytes.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from itertools import takewhile

_SPECIAL = re.compile(r'[",\r\n]')
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9:]{5})?", re.ASCII)
_CODE = re.compile(r"(?=.*-)[A-Za-z0-9_.:+-]{2,24}", re.ASCII)
_LONG = 40
Cell = str | int | bool | None
CSS = """
:root { color-scheme: light dark; --ground: #f4f6f8; --sheet: #fff; --ink: #16202a;
  --soft: #52606d; --rule: #d5dce3; --accent: #0b5c8a; --warn: #8a1f11; --warn-ground: #fdecea; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1319; --sheet: #151d25;
  --ink: #e4ebf1; --soft: #9fb0be; --rule: #2c3945; --accent: #6db8e6; --warn: #ffb4a8;
  --warn-ground: #3a1a16; } }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 90rem; margin: 1.5rem auto; padding: 1.2rem 1.6rem; background: var(--sheet);
  border: 1px solid var(--rule); border-top: 4px solid var(--accent); }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
p { color: var(--soft); margin: .2rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin-top: 1rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .4rem .5rem;
  border-bottom: 1px solid var(--rule); overflow-wrap: break-word; }
.code, td span { white-space: nowrap; }
td div + div { color: var(--soft); }
.long { overflow-wrap: anywhere; }
td.long { min-width: 11rem; }
th { color: var(--soft); font-size: .85rem; }
tr.urgent td { background: var(--warn-ground); }
tr.urgent td:first-child { color: var(--warn); font-weight: 650; }
@media print { @page { size: A4 landscape; margin: 10mm; }
  html { font-size: 8px; }
  body { font-size: 1rem; background: none; print-color-adjust: exact; }
  main { max-width: none; margin: 0; padding: 0; border: 0; } .scroll { overflow: visible; }
  th, td { padding: .3rem .5rem; } td:last-child { min-width: 8rem; } tr { break-inside: avoid; } }
"""
_HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Table:
    """Rows under named columns, in order; ``urgent`` are the numbers of rows to stand out.
    ``stacks`` are the columns that a page shows below each other in one, so that it fits a screen.
    """

    title: str
    lead: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    urgent: frozenset[int] = frozenset()
    stacks: tuple[tuple[str, ...], ...] = ()

    def layout(self) -> tuple[tuple[int, ...], ...]:
        """The columns of a page, each with the numbers of those that it shows."""
        below = {name for stack in self.stacks for name in stack[1:]}
        first = {stack[0]: stack for stack in self.stacks}
        return tuple(
            tuple(self.columns.index(each) for each in first.get(name, (name,)))
            for name in self.columns
            if name not in below
        )


def csv_bytes(table: Table) -> bytes:
    """UTF-8 with a header; lines end with CR LF; a missing value is an empty field."""
    lines = [_line(table.columns), *(_line(row) for row in table.rows)]
    return "".join(lines).encode()


def html_page(table: Table, study: str) -> str:
    """The table as a page of its own."""
    layout = table.layout()
    heads = "".join(
        f'<th scope="col">{_head([table.columns[n] for n in stack])}</th>' for stack in layout
    )
    rows = "".join(
        f"<tr{' class=' + chr(34) + 'urgent' + chr(34) if number in table.urgent else ''}>"
        + "".join(_cell([_text(row[n]) for n in stack]) for stack in layout)
        + "</tr>"
        for number, row in enumerate(table.rows)
    )
    title = f"{escape(table.title)}: {escape(study)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{title}</title>'
        f"<style>{CSS}</style></head><body><main><h1>{title}</h1><p>{escape(table.lead)}</p>"
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        "</div></main></body></html>\n"
    )


def _head(names: list[str]) -> str:
    """Names below each other; what they begin with alike stands once."""
    words = [name.split() for name in names]
    alike = sum(1 for _ in takewhile(lambda at: len(set(at)) == 1, zip(*words, strict=False)))
    below = (" ".join(each[alike:]) for each in words[1:])
    return "<br>".join(escape(name) for name in (names[0], *below))


def _cell(texts: list[str]) -> str:
    """A cell of the page, with one text or several below each other."""
    if len(texts) == 1:
        kind, inner = _inner(texts[0])
        return f"<td{kind}>{inner}</td>"
    # A missing value keeps its line: no other is taken for it.
    shown = [_inner(text or "-") for text in texts]
    parts = [f"<div{kind}>{inner}</div>" for kind, inner in shown]
    long = ' class="long"' * any(len(text) > _LONG for text in texts)
    return f"<td{long}>{''.join(parts)}</td>"


def _inner(text: str) -> tuple[str, str]:
    """Class and content. Browsers break a line at every hyphen: a number of a case, or a date, is
    read wrongly in two halves; an instant is broken before its time."""
    if _INSTANT.fullmatch(text):
        return "", f"<span>{text[:10]}</span><wbr><span>{text[10:]}</span>"
    kind = ' class="code"' if _CODE.fullmatch(text) else ' class="long"' * (len(text) > _LONG)
    return kind, escape(text)


def _line(cells: Iterable[Cell]) -> str:
    return ",".join(_field(cell) for cell in cells) + "\r\n"


def _field(cell: Cell) -> str:
    text = _text(cell)
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return str(cell)
