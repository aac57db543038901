"""How far a pregnancy can be (D.2.2.1, G.k.6)."""

from decimal import Decimal

from services.safety.e2b.tables import load


def is_plausible(number: Decimal, unit: str) -> bool:
    """Whether a pregnancy can be so far; a unit that is no unit of it is another rule's matter."""
    longest: int | None = load("gestation")["longest"].get(unit)
    return longest is None or number <= longest
