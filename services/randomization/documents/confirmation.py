"""What a confirmation of randomization says, the same on the page and on paper."""

from dataclasses import dataclass

from services.randomization.documents import words
from services.randomization.documents.facts import CONCEALED, ConfirmationFacts

NAME = "Confirmation of randomization"
FOOT = (
    "This document repeats what the system recorded at the allocation. It says nothing of any "
    "other allocation. Manifest and commitment, where there are any, let anyone show, once the "
    "list is revealed, that the allocation was made from the list as it was sealed."
)


@dataclass(frozen=True, slots=True)
class Row:
    """A fact with its name; ``exact`` where it is a code to be compared letter by letter."""

    name: str
    value: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    heading: str
    rows: tuple[Row, ...]


def arm(facts: ConfirmationFacts) -> tuple[str, str]:
    """The arm's code and name, or that it is concealed."""
    if facts.arm == CONCEALED:
        return CONCEALED, "Concealed from this reader"
    return facts.arm, facts.arm_name


def error_notice(facts: ConfirmationFacts) -> str | None:
    """What is said of an allocation that was made in error."""
    if facts.in_error_at is None:
        return None
    return (
        f"Marked as randomized in error on {words.universal_time(facts.in_error_at)}. The "
        "allocation stands as it was made; its number is never given again."
    )


def groups(facts: ConfirmationFacts) -> tuple[Group, ...]:
    """Everything below the key facts, in reading order."""
    allocation = (
        Row("Randomized at", words.universal_time(facts.randomized_at)),
        Row("Local time of the site", words.local_time(facts.randomized_at, facts.time_zone)),
        Row("Requested by", facts.requested_by),
        Row("Origin", words.SOURCES[facts.source]),
        Row("Mode", words.MODES[facts.mode]),
    )
    site = (
        Row("Identifier", facts.site),
        Row("Name", facts.site_name),
        Row("Country", facts.country),
    )
    strata = tuple(Row(factor, level) for factor, level in facts.stratum)
    known = (
        ("Randomization list", facts.list_id),
        ("Manifest SHA-256", facts.manifest_sha256),
        ("Commitment", facts.commitment),
        ("Study definition", facts.definition_version),
    )
    evidence = tuple(Row(name, value, exact=True) for name, value in known if value is not None)
    return (
        Group("Allocation", allocation),
        Group("Site", site),
        Group("Stratum as used", strata or (Row("Stratification", "None"),)),
        Group("Electronic signature", _signature(facts)),
        Group("Evidence", evidence),
    )


def _signature(facts: ConfirmationFacts) -> tuple[Row, ...]:
    signature = facts.signature
    if signature is None:
        return (Row("Signature", "None was required"),)
    return (
        Row("Signed by", signature.name),
        Row("Role", signature.role),
        Row("Meaning", signature.meaning),
        Row("Signed at", words.universal_time(signature.signed_at)),
    )
