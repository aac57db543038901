"""Every cell of actions by roles is what the operations, their signatures and the roles' own words
in the role matrix come to."""

from typing import Any

import pytest

from shared.identity import actions as module
from shared.identity.actions import Action, actions
from shared.identity.matrix import matrix
from tests.shared.identity.routes import ROUTES

OPERATIONS = matrix().operations
CELLS = [(action, role) for action in actions().values() for role in matrix().roles]
# Two persons do these: one asks, and the use case refuses the same one as the second.
BY_TWO = {"seal_list", "lock_data", "register_webhook"}


def held(action: Action, role: str) -> set[str]:
    return {name for name in action.operations if role in OPERATIONS[name].roles}


def test_a_role_has_a_cell_where_it_has_an_operation_and_nowhere_else() -> None:
    for action, role in CELLS:
        cell = action.cells.get(role, frozenset())
        assert bool(held(action, role)) == bool(cell - {"D"}), f"{action.name}, {role}"


def test_the_sites_of_a_cell_are_those_of_the_role() -> None:
    for action, role in CELLS:
        cell = action.cells.get(role, frozenset())
        assert not {"S", "A"} <= cell
        if cell & {"S", "A"}:
            assert matrix().roles[role].all_sites == ("A" in cell), f"{action.name}, {role}"


def test_an_arm_is_masked_or_shown_or_logged_as_the_cell_says() -> None:
    for action, role in CELLS:
        cell, known = action.cells.get(role, frozenset()), matrix().roles[role]
        assert not {"i", "m"} <= cell
        if cell & {"i", "m"}:
            assert known.sees_arm == ("i" in cell), f"{action.name}, {role}"
        if "i" in cell:
            assert known.reads_logged == ("L" in cell), f"{action.name}, {role}"


def test_who_signs_by_the_cell_may_sign_and_nobody_else_may() -> None:
    for action, role in CELLS:
        rules = [OPERATIONS[name].signature for name in action.operations]
        signers = set().union(*(rule.roles for rule in rules if rule is not None))
        if action.name not in BY_TWO:
            cell = action.cells.get(role, frozenset())
            assert (role in signers) == ("G" in cell), f"{action.name}, {role}"


def test_what_two_do_is_signed_or_approved_by_the_second() -> None:
    for action, role in CELLS:
        cell = action.cells.get(role, frozenset())
        assert "2" not in cell or action.name in BY_TWO, f"{action.name}, {role}"


def test_results_by_arm_and_pooled_ones_are_parted_by_their_scopes() -> None:
    closed = {"analytics/closed", "safety/closed", "randomization/unblinded"}
    for action, role in CELLS:
        cell = action.cells.get(role, frozenset())
        scopes = {OPERATIONS[name].scope for name in held(action, role)}
        if "C" in cell:
            assert scopes <= closed, f"{action.name}, {role}"
        if "O" in cell:
            assert not scopes & closed, f"{action.name}, {role}"


def test_what_differs_from_the_guidance_says_so_and_why() -> None:
    for action in actions().values():
        for role, other in action.elsewhere.items():
            assert role in matrix().roles
            assert other.why
            assert set(other.guide.split()) != action.cells.get(role, {"-"})


def test_no_route_shows_a_slot_that_is_not_yet_given() -> None:
    """The one that makes envelopes is for the list's author, and each read is written down."""
    future = [route.operation for route in ROUTES if "envelopes" in route.path]
    assert future == ["randomization.read_envelopes"]
    assert OPERATIONS["randomization.read_envelopes"].roles == {"statistician"}


@pytest.mark.parametrize("spoiled", [('"S W G"', '"S W X"'), ('"S W G"', '""')])
def test_a_cell_with_a_letter_of_no_meaning_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, spoiled: tuple[str, str]
) -> None:
    changed = tmp_path / "actions.toml"
    changed.write_text(module.FILE.read_text(encoding="utf-8").replace(*spoiled), encoding="utf-8")
    monkeypatch.setattr(module, "FILE", changed)
    with pytest.raises(ValueError, match="means nothing"):
        module.actions.__wrapped__()
