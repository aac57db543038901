"""The annotated form list: every form as it is filled, with what each item becomes."""

from collections.abc import Iterator
from html import escape

from shared.study.definition import StudyDefinition
from shared.study.dictionary import Entry, form_entries, schedule_words
from shared.study.documents.html import (
    identifier,
    key_figures,
    mark,
    page,
    source_mark,
    source_words,
    table,
)
from shared.study.edit_checks import EditCheck
from shared.study.forms import Form
from shared.study.sdtm_homes import Home
from shared.study.words import check_words, predicate_words

LEAD = (
    "Every form with its items: type, unit and codes, what is required, what would reveal the "
    "treatment arm, which edit checks ask about it, and where it goes in SDTM."
)


def forms_page(definition: StudyDefinition, homes: Home) -> str:
    """The document as HTML."""
    sections = "".join(_form(definition, form, homes) for form in definition.forms)
    body = _figures(definition) + _contents(definition) + _schedule(definition) + sections
    return page("Annotated case report forms", definition, body, LEAD)


def _figures(definition: StudyDefinition) -> str:
    return key_figures(
        [
            ("Forms", len(definition.forms)),
            ("Items", sum(len(form.items) for form in definition.forms)),
            ("Visits", len(definition.visits)),
            ("Edit checks", len(definition.checks)),
        ]
    )


def _contents(definition: StudyDefinition) -> str:
    links = "".join(
        f'<li><a href="#{escape(form.id)}">{escape(form.name)}</a></li>'
        for form in definition.forms
    )
    legend = (
        f'<p class="legend small">{mark("required", "must")} must have a value '
        f"{mark('reveals the arm', 'mask')} hidden from blinded roles "
        f"{mark('assumed', 'assumed')} the public record is silent "
        '<span class="sdtm">LB.LBORRES</span> the variable of SDTM</p>'
    )
    return f'<nav aria-label="Forms"><ol>{links}</ol></nav>{legend}'


def _schedule(definition: StudyDefinition) -> str:
    if not definition.visits:
        return ""
    heads = ["Form", *(visit.id for visit in definition.visits)]
    dot = '<span class="dot" title="due">●</span>'
    rows = (
        f'<tr><th scope="row"><a href="#{escape(form.id)}">{escape(form.name)}</a></th>'
        + "".join(
            f"<td>{dot if visit.id in form.visits else ''}</td>" for visit in definition.visits
        )
        + "</tr>"
        for form in definition.forms
        if form.visits
    )
    return f"<h2>When forms are due</h2>{table(heads, rows, 'grid')}"


def _form(definition: StudyDefinition, form: Form, homes: Home) -> str:
    checks = definition.checks_of(form.id)
    rows = (_item(entry) for entry in form_entries(definition, form, homes))
    heads = ("Item", "Type", "Codes and limits", "Marks", "SDTM", "Checks")
    return (
        f'<section><h2 id="{escape(form.id)}">{escape(form.name)} {identifier(form.id)}</h2>'
        f"{_about(definition, form)}{table(heads, rows, 'items')}"
        f"{_reflex(definition, form)}{_checks(definition, checks)}</section>\n"
    )


def _about(definition: StudyDefinition, form: Form) -> str:
    marks = [mark("repeats") if form.repeating else mark("filled once")]
    if form.arm_revealing:
        marks.append(mark("reveals the arm", "mask"))
    marks.append(source_mark(form))
    lines = [" ".join(marks)]
    if form.visits:
        lines += [
            f"<b>{escape(visits)}</b>, counted from: {escape(anchor)}."
            for visits, anchor in schedule_words(definition, form)
        ]
    else:
        lines.append("Tied to no visit: filled when there is something to tell.")
    if form.requires:
        needed = ", ".join(escape(definition.anchor(name).label) for name in form.requires)
        lines.append(f"Taken after: {needed}.")
    words = source_words(form.source)
    if form.source.kind == "assumed":
        lines.append(escape(words[:1].upper() + words[1:]) + ".")
    return f'<p class="about">{"<br>".join(lines)}</p>'


def _item(entry: Entry) -> str:
    item = entry.item
    marks = []
    if item.required:
        marks.append(mark("required", "must"))
    if entry.arm_revealing:
        marks.append(mark("reveals the arm", "mask"))
    marks += [mark(words) for words in entry.notes]
    homes = "".join(f'<span class="sdtm">{escape(home)}</span>' for home in entry.homes)
    return (
        f'<tr><th scope="row">{escape(item.label)}{identifier(item.id)}</th>'
        f"<td>{escape(entry.type_words)}</td>"
        f"<td>{_codes(entry)}</td><td>{''.join(marks)}</td>"
        f"<td>{homes}</td><td>{_check_links(entry)}</td></tr>"
    )


def _codes(entry: Entry) -> str:
    if not entry.item.codes:
        return f'<span class="small">{escape(entry.limits)}</span>'
    shown = "".join(
        f"<li>{identifier(each.code)} {escape(each.label) if each.label != each.code else ''}</li>"
        for each in entry.item.codes
    )
    return f"<ul>{shown}</ul>"


def _check_links(entry: Entry) -> str:
    links = (
        f'<a class="check" href="#{escape(entry.form.id)}-{escape(each)}">{escape(each)}</a>'
        for each in entry.checks
    )
    return f'<span class="small">{", ".join(links)}</span>'


def _reflex(definition: StudyDefinition, form: Form) -> str:
    if form.reflex is None:
        return ""
    rule = predicate_words(form.reflex.evaluable, definition.thresholds_by_id())
    order = ", then ".join(form.reflex.order)
    return (
        f'<p class="about"><b>Which result of one sample stands:</b> the first of '
        f"{escape(order)} that is evaluable, which is {escape(rule)}.</p>"
    )


def _checks(definition: StudyDefinition, checks: tuple[EditCheck, ...]) -> str:
    if not checks:
        return ""
    thresholds = definition.thresholds_by_id()
    heads = ("Check", "Severity", "What must hold", "What is asked", "Source")
    rows = (
        f'<tr id="{escape(each.forms[0])}-{escape(each.id)}">'
        f"<td>{escape(each.id)} {identifier(f'v{each.version}')}</td>"
        f"<td>{''.join(_severity(each))}</td>"
        f"<td>{escape(check_words(each, thresholds))}</td>"
        f"<td>{escape(each.message)} {identifier(str(each.on))}</td>"
        f'<td class="small">{escape(source_words(each.source))}</td></tr>'
        for each in checks
    )
    return f"<h3>Edit checks</h3>{table(heads, rows, 'checks')}"


def _severity(check: EditCheck) -> Iterator[str]:
    yield mark(check.severity, check.severity)
    if check.deviation:
        yield mark("deviation")
