"""The gate: evidence by risk, and no marker that leads nowhere."""

import pytest

from infra.validation.gate import faults
from infra.validation.proofs import Proof
from infra.validation.requirements import Policy, Requirement

POLICY = Policy(
    needs={"critical": ("negative", "oracle"), "high": (), "standard": ()},
    any={"critical": (), "high": ("positive", "negative"), "standard": ("positive", "fuzz")},
    kinds={"positive": "", "negative": "", "oracle": "", "fuzz": ""},
)


def required(risk: str, **more: str) -> dict[str, Requirement]:
    return {"R1": Requirement("R1", "A title", "A text", "A source", risk, **more)}


def found(requirements: dict[str, Requirement], *kinds: str) -> list[str]:
    return list(faults(requirements, POLICY, [Proof("R1", kind, "t::a") for kind in kinds]))


@pytest.mark.proves("C01", kind="negative")
@pytest.mark.parametrize("risk", ["critical", "high", "standard"])
def test_a_requirement_without_a_test_is_named(risk: str) -> None:
    told = found(required(risk))
    assert told
    assert all(each.startswith(f"R1 ({risk}): A title: no ") for each in told)


@pytest.mark.proves("C01", kind="negative")
@pytest.mark.proves("C40", kind="negative")
def test_a_critical_one_wants_a_negative_test_and_an_independent_oracle() -> None:
    critical = required("critical")
    assert found(critical, "negative", "oracle") == []
    assert found(critical, "negative", "positive") == ["R1 (critical): A title: no oracle test"]
    assert found(critical, "oracle", "positive") == ["R1 (critical): A title: no negative test"]


@pytest.mark.proves("C40", kind="negative")
def test_a_fuzz_test_is_unscripted_and_proves_no_more_than_a_standard_one() -> None:
    assert found(required("standard"), "fuzz") == []
    (told,) = found(required("high"), "fuzz")
    assert told.endswith("none of its tests is positive or negative")


def test_a_procedural_one_with_its_reason_needs_no_test() -> None:
    assert found(required("critical", procedural="Because.", software="This.")) == []


def test_a_marker_of_an_unknown_requirement_or_kind_is_named_by_its_test() -> None:
    proofs = [Proof("R1", "fuzz", "t::a"), Proof("R2", "fuzz", "t::b"), Proof("R1", "luck", "t::c")]
    assert list(faults(required("standard"), POLICY, proofs)) == [
        "t::b: there is no requirement R2",
        "t::c: there is no kind of test luck",
    ]
