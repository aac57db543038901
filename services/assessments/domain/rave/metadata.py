"""A study definition as ODM metadata: what an EDC needs to address forms and items here."""

from collections.abc import Iterator

from services.assessments.domain.entry import UNSCHEDULED
from services.assessments.domain.rave.listing import StudyFacts, global_variables
from services.assessments.domain.rave.markup import tag
from services.assessments.domain.sight import Sight
from shared.study.forms import Form, Item

_TYPES = {
    "date": "date",
    "partial_date": "partialDate",
    "datetime": "datetime",
    "integer": "integer",
    "decimal": "float",
    "code": "text",
    "text": "text",
    "boolean": "boolean",
}


def metadata(facts: StudyFacts, version: str, sight: Sight) -> Iterator[str]:
    """One version of the definition, as the role sees it."""
    forms = [form for form in sight.definition.forms if sight.form(form.id) is not None]
    units = sorted({i.unit for f in forms for i in sight.items(f).values() if i.unit})
    yield tag(
        "Study",
        {"OID": facts.study},
        global_variables(facts.study, facts.title, facts.study),
        tag("BasicDefinitions", {}, *map(_unit, units)),
        tag(
            "MetaDataVersion",
            {"OID": facts.version_oid(version), "Name": version},
            *_protocol(sight, forms),
            *(_form_def(form) for form in forms),
            *(_group_def(sight, form) for form in forms),
            *(_item_def(form, item) for form in forms for item in sight.items(form).values()),
            *_code_lists(sight, forms),
        ),
    )


def _unit(unit: str) -> str:
    return tag("MeasurementUnit", {"OID": unit, "Name": unit}, tag("Symbol", {}, _said(unit)))


def _said(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<TranslatedText>{escaped}</TranslatedText>"


def _protocol(sight: Sight, forms: list[Form]) -> Iterator[str]:
    folders = [(visit.id, visit.name, "Scheduled") for visit in sight.definition.visits]
    folders.append((UNSCHEDULED, "Unscheduled", "Unscheduled"))
    yield tag(
        "Protocol",
        {},
        *(
            tag(
                "StudyEventRef", {"StudyEventOID": folder, "OrderNumber": str(n), "Mandatory": "No"}
            )
            for n, (folder, _, _) in enumerate(folders, start=1)
        ),
    )
    for folder, name, kind in folders:
        there = [form for form in forms if _takes(form, folder)]
        yield tag(
            "StudyEventDef",
            {"OID": folder, "Name": name, "Repeating": "No", "Type": kind},
            *(tag("FormRef", {"FormOID": form.id, "Mandatory": "No"}) for form in there),
        )


def _takes(form: Form, folder: str) -> bool:
    if folder == UNSCHEDULED:
        return form.repeating or not form.visits
    return folder in form.visits


def _form_def(form: Form) -> str:
    return tag(
        "FormDef",
        {"OID": form.id, "Name": form.name, "Repeating": "Yes" if form.repeating else "No"},
        tag("ItemGroupRef", {"ItemGroupOID": form.id, "Mandatory": "Yes"}),
    )


def _group_def(sight: Sight, form: Form) -> str:
    refs = [
        tag(
            "ItemRef",
            {"ItemOID": f"{form.id}.{item.id}", "Mandatory": "Yes" if item.required else "No"},
        )
        for item in sight.items(form).values()
    ]
    return tag("ItemGroupDef", {"OID": form.id, "Name": form.name, "Repeating": "No"}, *refs)


def _item_def(form: Form, item: Item) -> str:
    oid = f"{form.id}.{item.id}"
    inner = [tag("Question", {}, _said(item.label))]
    if item.unit:
        inner.append(tag("MeasurementUnitRef", {"MeasurementUnitOID": item.unit}))
    if item.codes:
        inner.append(tag("CodeListRef", {"CodeListOID": oid}))
    values = {"OID": oid, "Name": item.id, "DataType": _TYPES[item.type]}
    if item.max_length is not None:
        values["Length"] = str(item.max_length)
    return tag("ItemDef", values, *inner)


def _code_lists(sight: Sight, forms: list[Form]) -> Iterator[str]:
    for form in forms:
        for item in sight.items(form).values():
            if item.codes:
                yield tag(
                    "CodeList",
                    {"OID": f"{form.id}.{item.id}", "Name": item.label, "DataType": "text"},
                    *(
                        tag(
                            "CodeListItem",
                            {"CodedValue": entry.code},
                            tag("Decode", {}, _said(entry.label)),
                        )
                        for entry in item.codes
                    ),
                )
