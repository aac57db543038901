"""The define document of the analysis datasets: Define-XML 2.1, from the model that writes them.

Source: CDISC Define-XML 2.1 specification. What is said of a file is what is in it: columns, kinds,
lengths and keys come from the tables themselves.
"""

from collections.abc import Iterator, Sequence

from services.analytics.domain.adam.define_parts import (
    TYPES,
    code_list_oid,
    item_definition,
    method_definition,
)
from services.analytics.domain.adam.define_values import (
    has_values,
    list_oid,
    value_items,
    value_lists,
    value_methods,
    where_clauses,
)
from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.tables import AdamTable, coded
from services.analytics.domain.adam.variables import DatasetModel, Variable
from shared.datasets.dataset import About
from shared.datasets.xml_text import element, in_english, text_element

VERSION = "2.1.7"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACES = {
    "xmlns": "http://www.cdisc.org/ns/odm/v1.3",
    "xmlns:def": "http://www.cdisc.org/ns/def/v2.1",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
}
# A time to event, an adverse event and a parameter of kinetics are known as such.
_SUBCLASSES = {
    "ADTTE": "TIME-TO-EVENT",
    "ADAE": "ADVERSE EVENT",
    "ADPP": "NON-COMPARTMENTAL ANALYSIS",
}
STANDARDS = (("STD.ADAMIG", "ADaMIG", "1.3"), ("STD.OCCDS", "ADaM-OCCDSIG", "1.1"))


def define_xml(model: Model, tables: Sequence[AdamTable], about: About) -> bytes:
    """The document of one class of output."""
    version = element(
        "MetaDataVersion",
        _standards(),
        *value_lists(tables),
        *where_clauses(tables),
        *(_group(table) for table in tables),
        *(_item(table, each) for table in tables for each in table.model.variables),
        *value_items(tables),
        *_code_lists(model, tables),
        *(_method(table.model, each) for table in tables for each in _derived(table.model)),
        *value_methods(tables),
        OID=f"MDV.{about.definition_version}.{about.variant}",
        Name=f"{about.study} analysis datasets, {about.variant}",
        Description=f"Study definition {about.definition_version}, derivations {model.version}",
        **{"def:DefineVersion": VERSION},
    )
    names = element(
        "GlobalVariables",
        text_element("StudyName", about.study),
        text_element("StudyDescription", about.title),
        text_element("ProtocolName", about.study),
    )
    document = element(
        "ODM",
        element("Study", names, version, OID=about.study),
        **NAMESPACES,
        ODMVersion="1.3.2",
        FileType="Snapshot",
        FileOID=f"{about.study}.{about.variant}.{about.instant}.define",
        CreationDateTime=about.instant,
        AsOfDateTime=about.instant,
        Originator="Induct",
        SourceSystem="Induct",
        SourceSystemVersion=about.system_version,
        **{"def:Context": "Other"},
    )
    return (_XML + document + "\n").encode()


def _standards() -> str:
    return element(
        "def:Standards",
        *(
            element("def:Standard", OID=oid, Name=name, Type="IG", Version=version, Status="Final")
            for oid, name, version in STANDARDS
        ),
    )


def _group(table: AdamTable) -> str:
    model = table.model
    standard = STANDARDS[model.of.startswith("OCCURRENCE")][0]
    file = f"{model.name.lower()}.xpt"
    name = _SUBCLASSES.get(model.name)
    subclass = () if name is None else (element("def:SubClass", Name=name),)
    return element(
        "ItemGroupDef",
        element("Description", in_english(model.label)),
        *(_reference(model, each, number) for number, each in enumerate(model.variables, 1)),
        element("def:Class", *subclass, Name=model.of),
        element(
            "def:leaf",
            text_element("def:title", file),
            ID=f"LF.{model.name}",
            **{"xlink:href": file},
        ),
        OID=f"IG.{model.name}",
        Name=model.name,
        SASDatasetName=model.name,
        Repeating="No" if model.name == "ADSL" else "Yes",
        IsReferenceData="No",
        Purpose="Analysis",
        **{
            "def:Structure": model.structure,
            "def:ArchiveLocationID": f"LF.{model.name}",
            "def:StandardOID": standard,
            **({} if table.rows else {"def:HasNoData": "Yes"}),
        },
    )


def _reference(model: DatasetModel, variable: Variable, number: int) -> str:
    key = variable.name in model.keys
    return element(
        "ItemRef",
        ItemOID=_oid("IT", model, variable),
        OrderNumber=str(number),
        Mandatory="Yes" if key else "No",
        KeySequence=str(model.keys.index(variable.name) + 1) if key else None,
        MethodOID=_oid("MT", model, variable) if variable.origin == "Derived" else None,
    )


def _item(table: AdamTable, variable: Variable) -> str:
    model = table.model
    place = model.place(variable.name)
    listed = (
        element("def:ValueListRef", ValueListOID=list_oid(table, variable.name)),
    ) if has_values(table, variable.name) else ()  # fmt: skip
    cells = [row[place] for row in table.rows]
    return item_definition(_oid("IT", model, variable), variable, cells, *listed)


def _code_lists(model: Model, tables: Sequence[AdamTable]) -> Iterator[str]:
    used = coded(tables)
    for name in sorted(used):
        items = [
            element("CodeListItem", element("Decode", in_english(meaning)), CodedValue=code)
            for code, meaning in model.codes[name].items()
        ]
        yield element(
            "CodeList",
            *items,
            OID=code_list_oid(used[name]),
            Name=name,
            DataType=TYPES[used[name].kind],
            **{"def:IsNonStandard": "Yes"},
        )


def _method(model: DatasetModel, variable: Variable) -> str:
    return method_definition(_oid("MT", model, variable), f"{model.name}.{variable.name}", variable)


def _derived(model: DatasetModel) -> Iterator[Variable]:
    return (each for each in model.variables if each.origin == "Derived")


def _oid(kind: str, model: DatasetModel, variable: Variable) -> str:
    return f"{kind}.{model.name}.{variable.name}"
