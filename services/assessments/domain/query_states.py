"""The life of a query: open, answered by the site, closed or cancelled by those who ask."""

from collections.abc import Mapping
from typing import Literal

State = Literal["open", "answered", "closed", "cancelled"]
Action = Literal["open", "answer", "close", "auto-close", "cancel", "reopen"]

OUTSTANDING: frozenset[State] = frozenset({"open", "answered"})
"""A query that still asks something; there is one of a check on an item at most."""

# An answer may be read and not be enough: reopen asks again. What was cancelled was asked in
# error and stays so. Only a check closes what it opened by itself.
STEPS: Mapping[tuple[State, Action], State] = {
    ("open", "answer"): "answered",
    ("open", "close"): "closed",
    ("answered", "close"): "closed",
    ("open", "auto-close"): "closed",
    ("answered", "auto-close"): "closed",
    ("open", "cancel"): "cancelled",
    ("answered", "cancel"): "cancelled",
    ("answered", "reopen"): "open",
    ("closed", "reopen"): "open",
}


class IllegalStepError(ValueError):
    """A step that the state does not allow."""


def after(state: State, action: Action) -> State:
    """The state after a step. Raises ``IllegalStepError``."""
    found = STEPS.get((state, action))
    if found is None:
        raise IllegalStepError(f"a query that is {state} takes no {action}")
    return found
