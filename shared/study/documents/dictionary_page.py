"""The data dictionary as a page: one table of all items, in the order of forms."""

from collections.abc import Iterator
from html import escape

from shared.study.definition import StudyDefinition
from shared.study.dictionary import Entry, entries, form_entries
from shared.study.documents.html import identifier, key_figures, mark, page, table
from shared.study.sdtm_homes import Home

LEAD = "One row an item: what it is called, what it may hold and where it goes."


def dictionary_page(definition: StudyDefinition, homes: Home) -> str:
    """The document as HTML."""
    found = entries(definition, homes)
    heads = ("Item", "Label", "Type", "Codes and limits", "Marks", "SDTM")
    figures = key_figures(
        [
            ("Items", len(found)),
            ("Required", sum(entry.item.required for entry in found)),
            ("Reveal the arm", sum(entry.arm_revealing for entry in found)),
            ("With a home in SDTM", sum(bool(entry.homes) for entry in found)),
        ]
    )
    rows = table(heads, _rows(definition, homes), "entries")
    return page("Data dictionary", definition, figures + rows, LEAD)


def _rows(definition: StudyDefinition, homes: Home) -> Iterator[str]:
    for form in definition.forms:
        name = f"{escape(form.name)} {identifier(form.id)}"
        yield f'<tr class="group"><th colspan="6" scope="colgroup">{name}</th></tr>'
        yield from (_row(entry) for entry in form_entries(definition, form, homes))


def _row(entry: Entry) -> str:
    item = entry.item
    marks = [mark("required", "must")] if item.required else []
    marks += [mark("reveals the arm", "mask")] if entry.arm_revealing else []
    marks += [mark(words) for words in entry.notes]
    codes = ", ".join(
        each.code if each.label == each.code else f"{each.code} {each.label}" for each in item.codes
    )
    homes = "".join(f'<span class="sdtm">{escape(home)}</span>' for home in entry.homes)
    return (
        f"<tr><td>{identifier(item.id)}</td>"
        f"<td>{escape(item.label)}</td><td>{escape(entry.type_words)}</td>"
        f'<td class="small">{escape(codes or entry.limits)}</td><td>{"".join(marks)}</td>'
        f"<td>{homes}</td></tr>"
    )
