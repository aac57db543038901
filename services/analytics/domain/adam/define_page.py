"""The define document for reading: the same model as a page."""

from collections.abc import Iterator, Sequence
from html import escape

from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.tables import AdamTable, coded
from services.analytics.domain.adam.variables import ValueLevel, Variable
from services.analytics.domain.results import CLOSED_MARKING
from shared.study.documents.html import identifier, key_figures, mark, page, table

TITLE = "Analysis datasets"
_LEAD = "What each variable is and how it comes about."
_OPEN = "Open: without arms, and without what rests on records that reveal them."


def define_page(model: Model, tables: Sequence[AdamTable]) -> bytes:
    """The document of one class of output as HTML."""
    published = model.definition.analysis.shows_arms_openly
    closed = "By arm." if published else f"{CLOSED_MARKING}."
    lead = f"Derivations {model.version}. {_OPEN if model.is_open else closed} {_LEAD}"
    figures = key_figures(
        [
            ("Datasets", len(tables)),
            ("Variables", sum(len(each.model.variables) for each in tables)),
            ("Records", sum(len(each.rows) for each in tables)),
        ]
    )
    body = figures + _contents(tables) + "".join(_dataset(each) for each in tables)
    body += _codes(model, tables)
    return page(TITLE, model.definition, body, lead, titled=not model.is_open).encode()


def _contents(tables: Sequence[AdamTable]) -> str:
    rows = (
        f'<tr><td><a href="#{each.model.name}">{escape(each.model.name)}</a></td>'
        f"<td>{escape(each.model.label)}</td><td>{escape(each.model.structure)}</td>"
        f"<td>{len(each.rows)}</td><td>{_keys(each)}</td></tr>"
        for each in tables
    )
    return table(("Dataset", "Label", "Structure", "Records", "Keys"), rows)


def _keys(of: AdamTable) -> str:
    return ", ".join(identifier(each) for each in of.model.keys)


def _dataset(of: AdamTable) -> str:
    name = escape(of.model.name)
    head = f'<h2 id="{name}">{name}: {escape(of.model.label)}</h2>'
    heads = ("Variable", "Label", "Type", "Origin", "How it comes about")
    told = head + table(heads, (_variable(each) for each in of.model.variables))
    if not of.model.values:
        return told
    heads = ("Variable", "Where PARAMCD is", "Type", "Origin", "What it is there")
    rows = (_value(each) for each in of.model.values)
    return f"{told}<h3>{name}: values by parameter</h3>{table(heads, rows)}"


def _value(value: ValueLevel) -> str:
    variable = value.variable
    return (
        f"<tr><td>{identifier(variable.name)}</td><td>{identifier(value.parameter)}</td>"
        f"<td>{variable.kind}</td><td>{escape(variable.origin)}</td>"
        f"<td>{escape(variable.derivation)}{_link(variable)}</td></tr>"
    )


def _variable(variable: Variable) -> str:
    return (
        f"<tr><td>{identifier(variable.name)}</td><td>{escape(variable.label)}</td>"
        f"<td>{variable.kind}</td><td>{escape(variable.origin)}</td>"
        f"<td>{escape(variable.derivation)}{_link(variable)}</td></tr>"
    )


def _link(variable: Variable) -> str:
    """To the codes that the variable has."""
    if variable.codes is None:
        return ""
    return f' <a href="#codes-{variable.codes}">{mark(variable.codes)}</a>'


def _codes(model: Model, tables: Sequence[AdamTable]) -> str:
    parts = []
    for name in sorted(coded(tables)):
        words = escape(name.capitalize().replace("_", " "))
        heading = f'<h3 id="codes-{name}">{words}</h3>'
        parts.append(heading + table(("Code", "Meaning"), _code_rows(model, name)))
    return "<h2>Codes</h2>" + "".join(parts)


def _code_rows(model: Model, name: str) -> Iterator[str]:
    for code, meaning in model.codes[name].items():
        yield f"<tr><td>{identifier(code)}</td><td>{escape(meaning)}</td></tr>"
