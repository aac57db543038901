"""Ids that stay: of a case, and of each reaction and drug in it."""

import re
import uuid

# Ours alone, so that the same case and entity give the same id in every version and every export.
_NAMESPACE = uuid.UUID("6d1c8f0e-6f7e-5a53-9a0b-6f2f7f6f3b1d")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_WHOLE = re.compile(r"[A-Z]{2}-(?P<organisation>[^-]+)-.")
_MOST = 100


def entity_id(case: str, kind: str, key: str) -> str:
    """The UUID of a reaction or drug: always the same for a case, a kind and a key of its own."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join((case, kind, key))))


def case_number(country: str, organisation: str, number: str) -> str:
    """C.1.1 and C.1.8.1: country of the event, sender, number; at most 100 characters.

    Raises ``ValueError`` for a hyphen in the organisation, which would make the parts ambiguous.
    """
    if not _COUNTRY.match(country) or not organisation or "-" in organisation or not number:
        raise ValueError("a case number is a country, an organisation without hyphen and a number")
    whole = f"{country}-{organisation}-{number}"
    if len(whole) > _MOST:
        raise ValueError(f"a case number has at most {_MOST} characters")
    return whole


def organisation_of(number: str) -> str | None:
    """Who gave a worldwide number; None where it is of another shape."""
    found = _WHOLE.match(number)
    return None if found is None else found["organisation"]
