"""Changes of a batch by what they touch, for catalogues of deliberate defects."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.safety.e2b.model import Batch, Drug
from tests.services.safety.e2b.mutations import part, with_value

Change = Callable[[Batch], Batch]


def put(field: str, value: Any) -> Change:
    return lambda batch: with_value(batch, field, value)


def c_1(**changes: Any) -> Change:
    return part(c_1=lambda held: replace(held, **changes))


def c_5(**changes: Any) -> Change:
    return part(c_5=lambda held: replace(held, **changes))


def d(**changes: Any) -> Change:
    return part(d=lambda held: replace(held, **changes))


def drug_of(number: int, **changes: Any) -> Change:
    """One of the drugs otherwise: 0 is the suspect, 1 the concomitant one."""

    def made(held: tuple[Drug, ...]) -> tuple[Drug, ...]:
        return tuple(
            replace(drug, **changes) if place == number else drug for place, drug in enumerate(held)
        )

    return part(g_k=made)


def both(*changes: Change) -> Change:
    def change(batch: Batch) -> Batch:
        for one in changes:
            batch = one(batch)
        return batch

    return change
