"""Elements of the define document that variables and their values by parameter are both told in."""

from collections.abc import Sequence

from services.analytics.domain.adam.variables import Variable
from shared.datasets.ascii_text import to_ascii
from shared.datasets.dataset import Cell, number_text
from shared.datasets.xml_text import element, in_english

TYPES = {"text": "text", "integer": "integer", "decimal": "float", "date": "date"}
_NUMBER_LENGTH = 8


def item_definition(oid: str, variable: Variable, cells: Sequence[Cell], *last: str) -> str:
    """What a variable is, with the lengths that its ``cells`` have; ``last`` elements follow."""
    codes = () if variable.codes is None else (
        element("CodeListRef", CodeListOID=code_list_oid(variable)),
    )  # fmt: skip
    # A derivation is told by its method; of what is not derived the origin tells.
    words = () if variable.origin == "Derived" else (
        element("Description", in_english(variable.derivation)),
    )  # fmt: skip
    source = {"Collected": "Investigator", "Predecessor": None}.get(variable.origin, "Sponsor")
    decimal = variable.kind == "decimal"
    return element(
        "ItemDef",
        element("Description", in_english(variable.label)),
        *codes,
        element("def:Origin", *words, Type=variable.origin, Source=source),
        *last,
        OID=oid,
        Name=variable.name,
        SASFieldName=variable.name,
        DataType=TYPES[variable.kind],
        Length=_length(variable, cells),
        SignificantDigits=str(_digits(cells)) if decimal else None,
        **({"def:DisplayFormat": "E8601DA."} if variable.kind == "date" else {}),
    )


def method_definition(oid: str, name: str, variable: Variable) -> str:
    """How a derived variable comes about."""
    words = element("Description", in_english(variable.derivation))
    return element("MethodDef", words, OID=oid, Name=name, Type="Computation")


def code_list_oid(variable: Variable) -> str:
    """The OID of the variable's list of codes."""
    return f"CL.{variable.codes}"


def _length(variable: Variable, cells: Sequence[Cell]) -> str | None:
    """Bytes of a text as the transport file has it, 8 of a number; a date has none."""
    if variable.kind == "date":
        return None
    if variable.kind != "text":
        return str(_NUMBER_LENGTH)
    texts = (str(each) for each in cells if each is not None)
    return str(max((len(to_ascii(each).content) for each in texts), default=1))


def _digits(cells: Sequence[Cell]) -> int:
    """The most digits behind the point of a number's values."""
    texts = (number_text(each) for each in cells if each is not None)  # type: ignore[arg-type]
    return max((len(each.partition(".")[2]) for each in texts), default=0)
