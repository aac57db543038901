"""Value-level metadata of the define document: what a variable is where PARAMCD is one parameter.

Source: CDISC Define-XML 2.1 specification, ValueListDef and WhereClauseDef.
"""

from collections.abc import Iterator, Sequence

from services.analytics.domain.adam.define_parts import item_definition, method_definition
from services.analytics.domain.adam.tables import AdamTable
from services.analytics.domain.adam.variables import ValueLevel
from shared.datasets.dataset import Cell
from shared.datasets.xml_text import element, text_element

BY = "PARAMCD"


def has_values(table: AdamTable, name: str) -> bool:
    """Whether a variable of the dataset differs by parameter."""
    return any(each.variable.name == name for each in table.model.values)


def list_oid(table: AdamTable, name: str) -> str:
    """The OID of the list of values of a variable."""
    return f"VL.{table.model.name}.{name}"


def value_lists(tables: Sequence[AdamTable]) -> Iterator[str]:
    """A list a variable that differs by parameter."""
    for table in tables:
        names = dict.fromkeys(each.variable.name for each in table.model.values)
        for name in names:
            own = [each for each in table.model.values if each.variable.name == name]
            references = (_reference(table, each, n) for n, each in enumerate(own, 1))
            yield element("def:ValueListDef", *references, OID=list_oid(table, name))


def where_clauses(tables: Sequence[AdamTable]) -> Iterator[str]:
    """A clause a parameter of a dataset: PARAMCD is it."""
    for table in tables:
        for parameter in dict.fromkeys(each.parameter for each in table.model.values):
            check = element(
                "RangeCheck",
                text_element("CheckValue", parameter),
                Comparator="EQ",
                SoftHard="Soft",
                **{"def:ItemOID": f"IT.{table.model.name}.{BY}"},
            )
            yield element("def:WhereClauseDef", check, OID=_clause_oid(table, parameter))


def value_items(tables: Sequence[AdamTable]) -> Iterator[str]:
    """What the variable is in each parameter."""
    for table in tables:
        for each in table.model.values:
            yield item_definition(_oid("IT", table, each), each.variable, _cells(table, each))


def value_methods(tables: Sequence[AdamTable]) -> Iterator[str]:
    """How each derived one comes about."""
    for table in tables:
        for each in table.model.values:
            if each.variable.origin == "Derived":
                name = f"{table.model.name}.{each.variable.name}, {BY} {each.parameter}"
                yield method_definition(_oid("MT", table, each), name, each.variable)


def _reference(table: AdamTable, value: ValueLevel, number: int) -> str:
    clause = element("def:WhereClauseRef", WhereClauseOID=_clause_oid(table, value.parameter))
    derived = value.variable.origin == "Derived"
    return element(
        "ItemRef",
        clause,
        ItemOID=_oid("IT", table, value),
        OrderNumber=str(number),
        Mandatory="No",
        MethodOID=_oid("MT", table, value) if derived else None,
    )


def _cells(table: AdamTable, value: ValueLevel) -> list[Cell]:
    """The cells of the variable in the rows of the parameter."""
    by, place = table.model.place(BY), table.model.place(value.variable.name)
    return [row[place] for row in table.rows if row[by] == value.parameter]


def _oid(kind: str, table: AdamTable, value: ValueLevel) -> str:
    return f"{kind}.{table.model.name}.{value.variable.name}.{value.parameter}"


def _clause_oid(table: AdamTable, parameter: str) -> str:
    return f"WC.{table.model.name}.{BY}.{parameter}"
