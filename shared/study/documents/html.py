"""Pieces of HTML that both documents are made of. Everything that comes from data is escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from shared.study.base import Source, Sourced
from shared.study.definition import StudyDefinition
from shared.study.documents.style import CSS
from shared.study.serialization import open_definition_hash

_KINDS = {
    "record": "registry record",
    "listing": "public listing",
    "guideline": "guideline",
    "regulation": "regulation",
    "publication": "publication",
    "convention": "convention",
    "assumed": "assumed",
}


def page(
    title: str, definition: StudyDefinition, body: str, lead: str, *, titled: bool = True
) -> str:
    """A whole document; it fetches nothing and runs nothing.

    Not ``titled`` it leaves out the study's own title, which may name the arms.
    """
    identity = definition.identity
    words = f"<p>{escape(identity.title)}</p>" if titled else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}: {escape(identity.id)}</title><style>{CSS}</style></head>\n"
        f'<body><main><header><p class="study">{escape(identity.id)}</p>'
        f"<h1>{escape(title)}</h1>{words}"
        f"<p>Definition {escape(identity.version)}. {escape(lead)}</p></header>\n"
        f"{body}\n<footer>Made from the study definition {escape(identity.id)} "
        f"{escape(identity.version)}, hash "
        f'<span class="id">{open_definition_hash(definition)}</span>. '
        "Made from data by rule: the same definition gives the same page.</footer>"
        "</main></body></html>\n"
    )


def mark(words: str, kind: str = "") -> str:
    """A short label in a box."""
    name = f"mark {kind}".strip()
    return f'<span class="{name}">{escape(words)}</span>'


def identifier(text: str) -> str:
    """An id in fixed width."""
    return f'<span class="id">{escape(text)}</span>'


def key_figures(figures: Iterable[tuple[str, object]]) -> str:
    """Numbers side by side, each below its name."""
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>"
        for name, value in figures
    )
    return f'<dl class="key">{cells}</dl>'


def table(heads: Sequence[str], rows: Iterable[str], name: str = "") -> str:
    """A table of finished rows that scrolls where it is wider than the window."""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    attribute = f' class="{name}"' if name else ""
    return (
        f'<div class="scroll"><table{attribute}><thead><tr>{top}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def source_words(source: Source) -> str:
    """Where a fact comes from, in words."""
    parts = [_KINDS[source.kind], source.reference, source.note]
    return ": ".join(part for part in parts if part)


def source_mark(fact: Sourced) -> str:
    """The source of a fact; an assumption stands out."""
    words = source_words(fact.source)
    return mark("assumed", "assumed") if fact.source.kind == "assumed" else mark(words)
