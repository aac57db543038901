"""What the face refuses: a code, a status, words, and where in the document. Never a value."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum


class Code(Enum):
    """``(reason code, HTTP status, words)``.

    The RWS codes are Medidata's own and used verbatim; its full list is not public, so everything
    else has a code of ours.
    """

    BAD_CREDENTIALS = ("RWS00008", 401, "Incorrect login and password combination.")
    NOT_XML = ("RWS00010", 400, "The body is not valid XML.")
    STUDY_UNKNOWN = ("RWS00014", 404, "Study not found.")
    SUBJECT_EXISTS = ("RWS00024", 409, "Subject already exists.")
    VERSION_UNKNOWN = ("RWS00092", 404, "CRF version not found")

    DOCTYPE = ("IND00001", 400, "A document type declaration is not accepted.")
    NOT_ODM = ("IND00002", 400, "The document is not ODM 1.3 with clinical data.")
    TOO_LARGE = ("IND00003", 413, "The document is larger than is accepted.")
    TOO_DEEP = ("IND00004", 400, "The document nests deeper, or holds more, than is accepted.")
    ENCODING = ("IND00005", 400, "The document must be UTF-8, or UTF-16 with a byte order mark.")
    ATTRIBUTE = ("IND00006", 422, "An attribute is missing, or its value is not of its kind.")
    FILE_REUSED = ("IND00007", 409, "This FileOID was processed before with other content.")
    PRIOR_UNKNOWN = ("IND00008", 409, "The file that PriorFileOID names was not processed here.")
    IN_FLIGHT = ("IND00009", 409, "This file is being processed: send it again.")

    SUBJECT_UNKNOWN = ("IND00010", 404, "Subject not found.")
    SITE_UNKNOWN = ("IND00011", 404, "Site not found.")
    SITE_DIFFERS = ("IND00012", 409, "The subject belongs to another site.")
    SITE_CLOSED = ("IND00013", 409, "The site is not open to enrolment.")
    REGISTRATION = (
        "IND00014",
        422,
        "A new subject needs its consent date, month of birth and sex in the same file.",
    )
    NO_REMOVAL = ("IND00015", 422, "A subject cannot be removed.")
    CONTEXT_VALUE = ("IND00016", 422, "TransactionType Context only addresses: it takes no value.")
    EXISTS = ("IND00017", 409, "What is to be inserted exists already.")
    MISSING = ("IND00018", 409, "What is to be updated does not exist.")
    REPEAT_KEY = ("IND00019", 422, "The repeat key names nothing that can repeat here.")
    SPECIFY = ("IND00020", 422, "The item has no place for a SpecifyValue.")
    DUPLICATE = ("IND00021", 422, "The document holds two instructions for one item.")

    FORM_UNKNOWN = ("IND00030", 422, "Form not found.")
    VISIT_UNKNOWN = ("IND00031", 422, "Folder not found for this form.")
    ITEM_UNKNOWN = ("IND00032", 422, "Field not found on this form.")
    VALUE = ("IND00033", 422, "A value does not fit its field.")
    REFUSED = ("IND00034", 422, "The data cannot be taken.")
    STATE = ("IND00035", 409, "The state of the data does not allow this.")

    NOT_PERMITTED = ("IND00040", 403, "This login may not do this.")
    NOT_FOUND = ("IND00041", 404, "There is no such resource.")
    METHOD = ("IND00042", 405, "This address does not take this method.")
    PARAMETER = ("IND00043", 422, "A query parameter is not of its kind.")
    UNAVAILABLE = ("IND00050", 503, "Try again: nothing was stored.")
    FAULT = ("IND00051", 503, "The server failed; nothing was stored.")

    @property
    def reason(self) -> str:
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1]

    @property
    def words(self) -> str:
        return self.value[2]


@dataclass(frozen=True)
class Refusal:
    """One fault. ``location`` is XPath-like: ``/ODM/ClinicalData[1]/SubjectData[1]``."""

    code: Code
    location: str = ""
    detail: str = ""

    @property
    def message(self) -> str:
        """What a person reads: the code's words, and what is special to this place."""
        return f"{self.code.words} {self.detail}".strip()


class RaveRefusedError(ValueError):
    """A request that is not taken, with every fault found in it, the first first."""

    def __init__(self, refusals: Sequence[Refusal], file_oid: str | None = None) -> None:
        super().__init__(", ".join(refusal.code.reason for refusal in refusals))
        self.refusals = tuple(refusals)
        self.file_oid = file_oid

    @property
    def first(self) -> Refusal:
        return self.refusals[0]

    def of_file(self, file_oid: str | None) -> "RaveRefusedError":
        return RaveRefusedError(self.refusals, file_oid)


def refuse(code: Code, location: str = "", detail: str = "") -> RaveRefusedError:
    """One refusal, to be raised."""
    return RaveRefusedError([Refusal(code, location, detail)])


def within(refusal: Refusal, location: str) -> Refusal:
    """The refusal at a place, where it did not name one."""
    return refusal if refusal.location else replace(refusal, location=location)
