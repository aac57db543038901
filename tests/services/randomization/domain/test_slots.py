"""An uploaded list shows it when it was sorted, cut, merged or filled wrongly."""

from collections.abc import Callable, Sequence

import pytest

from services.randomization.domain.slots import Slot, examine, generate
from shared.study import StudyDefinition
from shared.study.loading import load_definition, shipped_definitions

Spoil = Callable[[list[Slot]], Sequence[Slot]]


@pytest.fixture(scope="module")
def pairs() -> StudyDefinition:
    return load_definition(shipped_definitions()["freireich-1963"])


def good() -> list[Slot]:
    return [
        Slot(f"pair={pair:02}", place, arm)
        for pair in range(1, 22)
        for place, arm in ((1, "6-MP"), (2, "control"))
    ]


def test_a_complete_list_in_its_order_has_no_fault(pairs: StudyDefinition) -> None:
    assert examine(pairs, good()) == []


@pytest.mark.parametrize(
    ("spoil", "code", "row"),
    [
        (lambda slots: slots[1:], "out-of-sequence", 0),
        (lambda slots: slots[:-1], "wrong-length", None),
        (lambda slots: [slots[1], slots[0], *slots[2:]], "out-of-sequence", 0),
        (lambda slots: slots[::-1], "out-of-sequence", 0),
        (lambda slots: [*slots, slots[0]], "out-of-sequence", 42),
        (lambda slots: [Slot(s.label, s.position, "6-MP") for s in slots], "wrong-ratio", None),
        (lambda slots: [Slot("pair=99", 1, "6-MP"), *slots], "unknown-stratum", 0),
        (lambda slots: [Slot("pair=01", 1, "INO"), *slots[1:]], "unknown-arm", 0),
        (lambda _: [], "wrong-length", None),
    ],
    ids=["first row lost", "last row lost", "two rows swapped", "turned round", "row twice",
         "one arm only", "strange stratum", "strange arm", "empty"],
)  # fmt: skip
def test_a_spoilt_list_is_refused_by_the_name_of_its_fault(
    pairs: StudyDefinition, spoil: Spoil, code: str, row: int | None
) -> None:
    first = examine(pairs, spoil(good()))[0]
    assert (first.code, first.row) == (code, row)


def test_blocks_are_generated_for_every_stratum_up_to_its_capacity() -> None:
    trial = load_definition(shipped_definitions()["NCT05748171"])
    slots = generate(trial, "L", bytes(32))
    labels = trial.randomization.stratum_labels()
    assert {slot.label for slot in slots} == set(labels)
    for label in labels:
        positions = [slot.position for slot in slots if slot.label == label]
        assert positions == list(range(1, len(positions) + 1))
        assert len(positions) >= 300


def test_a_study_with_an_uploaded_list_generates_none(pairs: StudyDefinition) -> None:
    with pytest.raises(ValueError, match="uploaded"):
        generate(pairs, "L", bytes(32))
