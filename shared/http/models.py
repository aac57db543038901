"""The types that requests are made of. Nothing is coerced, completed or quietly dropped."""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from shared.identity.networks import PATTERN, network
from shared.study.dates import FIRST_YEAR, LAST_YEAR, PartialDate

EARLIEST = date(FIRST_YEAR, 1, 1)
LATEST = date(LAST_YEAR + 1, 1, 1)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
# Of `EARLIEST` to `LATEST`, for who reads the description.
_YEARS = "(19|20|21)[0-9]{2}"
_LEAP_YEARS = "((19|20|21)(0[48]|[2468][048]|[13579][26])|2000)"
_DAYS = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)


class Model(BaseModel):
    """Base of all requests and responses: unknown fields refused, types strict, values frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _read_date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a date is written YYYY-MM-DD")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day") from None
    if not EARLIEST <= found < LATEST:
        raise ValueError("the year is out of range")
    return found


def _read_partial(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a date is written YYYY, YYYY-MM or YYYY-MM-DD")
    try:
        found = PartialDate.parse(value)
    except ValueError:
        raise ValueError("a date is written YYYY, YYYY-MM or YYYY-MM-DD") from None
    if not (found.earliest >= EARLIEST and found.latest < LATEST):
        raise ValueError("the year is out of range")
    return value


def _read_instant(value: Any) -> datetime:
    if isinstance(value, str):
        if not _INSTANT.fullmatch(value):
            raise ValueError("an instant is written YYYY-MM-DDThh:mm:ss with Z or an offset")
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("there is no such instant") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("an instant needs Z or an offset")
    # Years near the ends first: they have no UTC to compare.
    if not 1 < value.year < 9999 or not EARLIEST <= value.astimezone(UTC).date() < LATEST:
        raise ValueError("the year is out of range")
    return value.astimezone(UTC)


def _read_decimal(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise ValueError("a decimal is written as a string of digits, such as '0.0001'")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError("this is no decimal") from None


def plain_text(value: str) -> str:
    normal = unicodedata.normalize("NFC", value)
    if any(unicodedata.category(c) in {"Cc", "Cf"} and c not in "\n\t" for c in normal):
        raise ValueError("the text holds control or invisible characters")
    if not normal.strip():
        raise ValueError("the text holds nothing but blanks")
    return normal


IsoDate = Annotated[
    date,
    BeforeValidator(_read_date),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date",
            "pattern": f"^{_YEARS}-[0-9]{{2}}-[0-9]{{2}}$",
            "examples": ["2024-01-29"],
        }
    ),
]
PartialIsoDate = Annotated[
    str,
    BeforeValidator(_read_partial),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({_YEARS}(-(0[1-9]|1[0-2])|-{_DAYS})?|{_LEAP_YEARS}-02-29)$",
            "examples": ["2024", "2024-01", "2024-01-29"],
        }
    ),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            # Years whose ends are in range in any zone; no leap second, which no clock of ours has.
            "pattern": f"^{_YEARS}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-5][0-9]"
            r"(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$",
        }
    ),
]
DecimalText = Annotated[
    Decimal,
    BeforeValidator(_read_decimal),
    WithJsonSchema({"type": "string", "pattern": f"^{_DECIMAL.pattern}$"}),
]
# `plain_text` for who reads the description: by code points, which every dialect of patterns knows.
_UNPLAIN = (
    r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f"
)
PLAIN_PATTERN = f"^[^{_UNPLAIN}]*[^\\s{_UNPLAIN}][^{_UNPLAIN}]*$"


def plain(least: int, most: int) -> Any:
    """The field of a text that ``plain_text`` takes, of ``least`` to ``most`` characters."""
    return Field(min_length=least, max_length=most, json_schema_extra={"pattern": PLAIN_PATTERN})


Text = Annotated[str, plain(1, 4000), AfterValidator(plain_text)]
Name = Annotated[str, plain(1, 200), AfterValidator(plain_text)]
Reason = Annotated[str, plain(3, 500), AfterValidator(plain_text)]

Network = Annotated[str, Field(pattern=PATTERN, examples=["192.0.2.0/24"]), AfterValidator(network)]

SITE_PATTERN = r"^[A-Z0-9][A-Z0-9-]{0,19}$"
SUBJECT_PATTERN = r"^[A-Z0-9][A-Z0-9-]{0,29}$"
STUDY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,59}$"
YEAR_MONTH_PATTERN = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$"

SiteId = Annotated[str, Field(pattern=SITE_PATTERN, examples=["S01"])]
SubjectId = Annotated[str, Field(pattern=SUBJECT_PATTERN, examples=["S01-001"])]
StudyId = Annotated[str, Field(pattern=STUDY_PATTERN, examples=["NCT05748171"])]
Code = Annotated[str, Field(pattern=CODE_PATTERN)]
YearMonth = Annotated[str, Field(pattern=YEAR_MONTH_PATTERN, examples=["2015-06"])]
