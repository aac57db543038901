"""Terms of the sponsor's dictionaries, and drugs taken beside the treatment with their codes."""

from typing import Annotated

from pydantic import Field

from services.safety.submission_schemas import Uuid
from shared.http.models import Model, Reason

Version = Annotated[str, Field(min_length=1, max_length=40, examples=["2026-03"])]
DrugCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z.]{1,20}$")]


class TermFound(Model):
    """A current lowest level term, with its way up."""

    code: str
    name: str
    preferred_term: str
    organ_class: str


class TermsFound(Model):
    """Terms that hold every word, shortest first."""

    version: Annotated[str, Field(description="Of MedDRA, as loaded")]
    items: list[TermFound]


class DrugFound(Model):
    """A name of WHODrug."""

    code: str
    name: str
    atc: str


class DrugsFound(Model):
    """Names that hold every word, shortest first."""

    version: Annotated[str, Field(description="Of WHODrug, as loaded")]
    items: list[DrugFound]


class DrugCoding(Model):
    """What a medication is. ``version`` is the dictionary's that the code was found in: it must be
    the loaded one."""

    record_id: Annotated[Uuid, Field(description="Of the medication in assessments")]
    code: DrugCode
    version: Version
    reason: Reason


class DrugCoded(Model):
    """The code of a medication, with the version that it is of."""

    code: str
    name: str
    atc: str
    version: str


class Concomitant(Model):
    """A drug that may have been taken when an event of the case began, as the site recorded it."""

    record_id: str
    name: str
    started: Annotated[str | None, Field(description="YYYY, YYYY-MM or YYYY-MM-DD")]
    ended: str | None
    coded: Annotated[DrugCoded | None, Field(description="Null: not coded")]


class Concomitants(Model):
    terminology: Annotated[str | None, Field(description="WHODrug version; null: none is loaded")]
    items: list[Concomitant]
