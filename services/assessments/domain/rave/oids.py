"""Identifiers as Rave spells them: studies with environments, repeat keys, UUIDs of subjects."""

import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

PROD = "Prod"
CONTEXT_KEY = "@CONTEXT"
# "INO", "INO(Prod)", "INO (DEV)". The name itself holds no bracket: study ids here never do.
_STUDY = re.compile(r"([^()\s]{1,60}) ?(?:\(([A-Za-z0-9 _-]{1,30})\))?", re.ASCII)
_REPEAT = re.compile(r"[0-9]{1,4}", re.ASCII)
_INSTANCE = re.compile(r"[^\[\]]{1,100}\[([0-9]{1,4})\]", re.ASCII)
_SUBJECTS = uuid.UUID("6f0b2a39-8d57-5f0e-9d2b-4a7c1f1de001")


@dataclass(frozen=True)
class StudyOid:
    """A study and its environment. Without one it is the production environment."""

    study: str
    environment: str

    @property
    def is_production(self) -> bool:
        return self.environment.lower() == PROD.lower()


def study_oid(text: str) -> StudyOid | None:
    """The study that an OID names, in the body's spelling or the address's; None for no OID."""
    found = _STUDY.fullmatch(text.strip())
    return None if found is None else StudyOid(found[1], found[2] or PROD)


def environment_of(mode: str) -> str:
    """The environment that a study is shown in: a training study never looks like production."""
    return PROD if mode == "live" else "DEV"


def serves(mode: str, oid: StudyOid) -> bool:
    """Whether a study in ``mode`` is meant: test data of any environment never reach a live one.

    A training study answers to every environment: a deployment has but one of each name.
    """
    return mode != "live" or oid.is_production


def outbound(study: str, mode: str) -> str:
    """The OID in answers: ``INO(Prod)``."""
    return f"{study}({environment_of(mode)})"


def study_name(study: str, mode: str) -> str:
    """StudyName: the client takes the environment from what it has more than ProtocolName."""
    return study if mode == "live" else f"{study} ({environment_of(mode)})"


def repeat_number(key: str | None) -> int | None:
    """The number that a repeat key says, as ``3`` or ``SCREEN[3]``; None where it says none.

    1 where there is no key.
    """
    if key is None:
        return 1
    if _REPEAT.fullmatch(key):
        return int(key) or None
    found = _INSTANCE.fullmatch(key)
    return (int(found[1]) or None) if found else None


def match(wanted: str, known: Iterable[str]) -> str | None:
    """The known id that an OID means: OIDs of EDC systems are often in capitals, ours are not."""
    ids = list(known)
    if wanted in ids:
        return wanted
    return next((one for one in ids if one.casefold() == wanted.casefold()), None)


def subject_uuid(study: str, subject: str) -> str:
    """A stable UUID of a subject, for clients that address by SubjectUUID."""
    return str(uuid.uuid5(_SUBJECTS, f"{study}/{subject}")).upper()


def number_of(key: str) -> int:
    """A stable integer of an id, where the client reads integers (InstanceId, DataPageId).

    From a hash and not from a counter: gaps of a counter would tell what is hidden.
    """
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big") + 1
