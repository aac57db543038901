"""A report as one HTML file: no script, nothing loaded from elsewhere, the same bytes each time."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape

from services.analytics.report.outline import Block, Picture, Report, Section, Table

CSS = """
:root { --ink: #16202a; --soft: #52606d; --rule: #d5dce3; --accent: #0b5c8a; }
body { margin: 0; background: #f4f6f8; color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.4rem 2rem 3rem; background: #fff; }
.marking { position: sticky; top: 0; background: #8a1f11; color: #fff; padding: .35rem 2rem;
  font-weight: 650; letter-spacing: .02em; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .4rem 0 .2rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .2rem; padding-top: .6rem;
  border-top: 3px solid var(--accent); }
p, dd, dt, figcaption, .notes { color: var(--soft); margin: .2rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; margin: 1rem 0; }
dd { overflow-wrap: anywhere; margin: 0; color: var(--ink); }
nav ol { columns: 2; padding-left: 1.4rem; }
nav a { color: var(--accent); }
.block { margin: 1.4rem 0; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 650; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0;
  border-bottom: 1px solid var(--rule); white-space: pre-line; }
thead th { color: var(--soft); font-size: .85rem; border-bottom: 2px solid var(--rule); }
tbody th { font-weight: 400; white-space: pre-wrap; }
.notes { font-size: .85rem; padding-left: 1.1rem; }
figure { margin: 1.4rem 0; }
figure img { max-width: 100%; height: auto; border: 1px solid var(--rule); }
footer { color: var(--soft); font-size: .85rem; margin-top: 2.5rem;
  border-top: 1px solid var(--rule); padding-top: .6rem; overflow-wrap: anywhere; }
@media print { body, main { background: #fff; } main { padding: 0; } .marking { position: static; }
  .block, figure { break-inside: avoid; } h2 { break-after: avoid; } nav { display: none; } }
"""
_HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)


def page(report: Report) -> bytes:
    """The report in UTF-8."""
    title, subtitle = escape(report.title), escape(report.subtitle)
    marking = "" if report.marking is None else f'<p class="marking">{escape(report.marking)}</p>'
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in report.facts
    )
    contents = "".join(
        f'<li><a href="#s{number}">{escape(section.title)}</a></li>'
        for number, section in enumerate(report.sections, start=1)
    )
    sections = "".join(
        _section(number, section) for number, section in enumerate(report.sections, start=1)
    )
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{title}</title><style>{CSS}</style></head>'
        f"<body>{marking}<main><h1>{title}</h1><p>{subtitle}</p><dl>{facts}</dl>"
        f'<nav aria-label="Contents"><ol>{contents}</ol></nav>{sections}'
        f"<footer>{escape(report.footer)}</footer></main></body></html>\n"
    )
    return text.encode()


def _section(number: int, section: Section) -> str:
    lead = f"<p>{escape(section.lead)}</p>" if section.lead else ""
    blocks = "".join(map(_block, section.blocks))
    return f'<section id="s{number}"><h2>{escape(section.title)}</h2>{lead}{blocks}</section>'


def _block(block: Block) -> str:
    return _figure(block) if isinstance(block, Picture) else _table(block)


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.svg).decode()
    return (
        f'<figure><img alt="{escape(picture.alt_text)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _table(table: Table) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    body = "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in table.rows)
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
    below = f'<ul class="notes">{notes}</ul>' if notes else ""
    return (
        f'<div class="block"><table><caption>{escape(table.caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{below}</div>"
    )


def _cells(row: tuple[str, ...]) -> Iterator[str]:
    yield f'<th scope="row">{escape(row[0])}</th>'
    for cell in row[1:]:
        yield f"<td>{escape(cell)}</td>"
