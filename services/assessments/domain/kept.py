"""A value as it is kept: what was received, and beside it the same in the item's own unit."""

from dataclasses import dataclass

NULL_FLAVOURS = {
    "NASK": "not asked",
    "ASKU": "asked, but not known",
    "NAV": "not available at present",
    "ND": "not done",
    "UNK": "unknown",
    "MSK": "withheld",
}
"""Why there is no value (HL7 v3 NullFlavor; ND is CDISC's NOT DONE)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A value of an item: a text, or a null flavour with the reason why there is no value.

    `text` and `unit` are as received, and stay so. `canonical` is the value in the item's own
    unit, `canonical_unit`, where the received unit was another one; "<5" keeps its comparator.
    """

    text: str | None = None
    unit: str | None = None
    canonical: str | None = None
    canonical_unit: str | None = None
    null_flavour: str | None = None
    null_reason: str | None = None

    @property
    def read(self) -> str | None:
        """The value in the item's own unit; None where a null flavour stands for it."""
        return self.text if self.canonical is None else self.canonical
