"""The metadata of an ODM 1.3.2 file, made from the study definition.

A form or item that a variant must not show is not described in it either.
"""

from collections.abc import Iterable, Iterator, Sequence

from services.assessments.domain.entry import UNSCHEDULED
from services.assessments.domain.sight import Sight
from shared.datasets.xml_text import (
    closed,
    element,
    in_english,
    opened,
    text_element,
)
from shared.study.forms import Form, Item

_TYPES = {
    "date": "date", "partial_date": "partialDate", "datetime": "datetime", "integer": "integer",
    "decimal": "float", "code": "text", "text": "text", "boolean": "boolean",
}  # fmt: skip


def forms_of(sight: Sight) -> list[Form]:
    """The forms that exist in a variant."""
    return [form for form in sight.definition.forms if sight.form(form.id) is not None]


def item_oid(form: str, item: str) -> str:
    return f"IT.{form}.{item}"


def group_oid(form: str) -> str:
    """The only item group of a form; OIDs are told apart over all kinds of definitions."""
    return f"IG.{form}"


def event_oid(visit: str) -> str:
    return f"SE.{visit}"


def unit_oid(unit: str) -> str:
    return f"MU.{unit}"


def version_oid(definition_version: str) -> str:
    return f"MDV.{definition_version}"


def units_of(sight: Sight) -> set[str]:
    """The units that items are defined in."""
    return {
        item.unit
        for form in forms_of(sight)
        for item in sight.items(form).values()
        if item.unit is not None
    }


def study(sight: Sight, units: Iterable[str]) -> Iterator[str]:
    """The element Study, with every unit that the file mentions."""
    identity = sight.definition.identity
    yield opened("Study", OID=identity.id)
    protocol = identity.identifiers.sponsor_protocol or identity.id
    yield element(
        "GlobalVariables",
        text_element("StudyName", identity.id),
        text_element("StudyDescription", identity.title),
        text_element("ProtocolName", protocol),
    )
    measured = [
        element(
            "MeasurementUnit", element("Symbol", in_english(unit)), OID=unit_oid(unit), Name=unit
        )
        for unit in sorted(units)
    ]
    if measured:
        yield element("BasicDefinitions", *measured)
    oid = version_oid(sight.definition.version)
    yield opened("MetaDataVersion", OID=oid, Name=f"Definition {sight.definition.version}")
    yield from _events(sight)
    for form in forms_of(sight):
        yield _form_def(form)
    for form in forms_of(sight):
        yield _group_def(form, list(sight.items(form).values()))
    for form in forms_of(sight):
        for item in sight.items(form).values():
            yield _item_def(form, item)
    for form in forms_of(sight):
        for item in sight.items(form).values():
            if item.codes:
                yield _code_list(form, item)
    yield closed("MetaDataVersion")
    yield closed("Study")


def _events(sight: Sight) -> Iterator[str]:
    forms = forms_of(sight)
    visits = [(visit.id, visit.name) for visit in sight.definition.visits]
    events = [*visits, (UNSCHEDULED, "Unscheduled")]
    yield element(
        "Protocol",
        *(
            element(
                "StudyEventRef", StudyEventOID=event_oid(visit), OrderNumber=str(n), Mandatory="No"
            )
            for n, (visit, _) in enumerate(events, start=1)
        ),
    )
    for visit, name in events:
        unscheduled = visit == UNSCHEDULED
        due = [
            form.id
            for form in forms
            if visit in form.visits or (unscheduled and (form.repeating or not form.visits))
        ]
        yield element(
            "StudyEventDef",
            *(element("FormRef", FormOID=form, Mandatory="No") for form in due),
            OID=event_oid(visit),
            Name=name,
            Repeating="No",
            Type="Unscheduled" if unscheduled else "Scheduled",
        )


def _form_def(form: Form) -> str:
    reference = element("ItemGroupRef", ItemGroupOID=group_oid(form.id), Mandatory="Yes")
    repeating = "Yes" if form.repeating else "No"
    return element("FormDef", reference, OID=form.id, Name=form.name, Repeating=repeating)


def _group_def(form: Form, items: Sequence[Item]) -> str:
    references = [
        element(
            "ItemRef",
            ItemOID=item_oid(form.id, item.id),
            OrderNumber=str(number),
            Mandatory="Yes" if item.required else "No",
        )
        for number, item in enumerate(items, start=1)
    ]
    return element(
        "ItemGroupDef", *references, OID=group_oid(form.id), Name=form.name, Repeating="No"
    )


def _item_def(form: Form, item: Item) -> str:
    content = [element("Question", in_english(item.label))]
    if item.unit is not None:
        content.append(element("MeasurementUnitRef", MeasurementUnitOID=unit_oid(item.unit)))
    if item.codes:
        content.append(element("CodeListRef", CodeListOID=f"CL.{form.id}.{item.id}"))
    return element(
        "ItemDef",
        *content,
        OID=item_oid(form.id, item.id),
        Name=item.id,
        # A number that may be known only to lie beyond a limit ("<5") is no float.
        DataType="text" if item.censored else _TYPES[item.type],
        Length=None if item.max_length is None else str(item.max_length),
    )


def _code_list(form: Form, item: Item) -> str:
    entries = [
        element("CodeListItem", element("Decode", in_english(entry.label)), CodedValue=entry.code)
        for entry in item.codes
    ]
    name = f"{form.id} {item.id}"
    return element("CodeList", *entries, OID=f"CL.{form.id}.{item.id}", Name=name, DataType="text")
