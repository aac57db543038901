"""Where a case stands in its life: locked, nullified, or open to change."""

from collections.abc import Iterable

from services.safety.domain.facts import Fact
from services.safety.errors import CaseLocked, CaseNullified


def is_locked(facts: Iterable[Fact]) -> bool:
    """The last word on the lock, in the order of ``facts``."""
    said = [bool(fact.value["locked"]) for fact in facts if fact.kind == "lock"]
    return bool(said) and said[-1]


def is_nullified(facts: Iterable[Fact]) -> bool:
    return any(fact.kind == "nullification" for fact in facts)


def check_open(facts: Iterable[Fact]) -> None:
    """Raises ``CaseNullified`` or ``CaseLocked`` where a person may not change the case."""
    known = list(facts)
    if is_nullified(known):
        raise CaseNullified
    if is_locked(known):
        raise CaseLocked
