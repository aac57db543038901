"""Which versions take what is kept of derivations to what is derived."""

from services.assessments.domain.derived import Derived
from services.assessments.domain.outcomes import affected, with_outcomes
from services.assessments.domain.packs.result import PackRef
from services.assessments.domain.rederived import Stored, news, steps, told
from shared.rules.loading import load_pack

PACKS = {"mrd": load_pack("mrd"), "pk": load_pack("pk")}


def derived(name: str, value: str | None, status: str = "final", *, rule: str = "a",
            pack: str = "mrd") -> Derived:  # fmt: skip
    trace = {"rule": rule, "tried": [], "inputs": [], "notes": [], "details": {}}
    return Derived(name, value, status, None, PackRef.of(PACKS[pack]), pack == "pk", trace)


def kept(each: Derived, version: int = 1) -> Stored:
    return Stored(version, each.face, each.content_hash, each.pack.id, each.arm_revealing)


def test_nothing_is_added_where_nothing_differs_but_the_pack() -> None:
    before = derived("eot", "2024-02-26")
    other = Derived(**{**vars(before), "pack": PackRef("mrd", "9.0.0", "f" * 64)})
    assert steps({"eot": kept(before)}, {"eot": other}, PACKS) == []


def test_a_trace_that_differs_is_a_version_that_moves_nothing() -> None:
    before, after = derived("eot", "2024-02-26"), derived("eot", "2024-02-26", rule="b")
    (step,) = steps({"eot": kept(before, 4)}, {"eot": after}, PACKS)
    assert (step.number, step.moves) == (5, False)


def test_what_is_derived_no_more_is_void_once() -> None:
    before = kept(derived("mrd_status:S1", "NEGATIVE"))
    (step,) = steps({"mrd_status:S1": before}, {}, PACKS)
    assert step.after.face == (None, "void", "no_longer_derived")
    assert step.after.pack.sha256 == PACKS["mrd"].sha256
    assert steps({"mrd_status:S1": kept(step.after, 2)}, {}, PACKS) == []


def test_what_waits_for_data_says_nothing() -> None:
    assert news(None) is news((None, "pending", "eot_missing")) is None
    assert news((None, "void", "no_longer_derived")) is None
    assert news((None, "ne", "partial_date")) is not None
    (first,) = steps({}, {"eot": derived("eot", None, "pending")}, PACKS)
    assert not first.moves


def test_nothing_that_reveals_the_arm_is_told() -> None:
    found = steps(
        {}, {"pk_peak:C1D1": derived("pk_peak:C1D1", "301", pack="pk"),
             "mrd_lowest": derived("mrd_lowest", "0.0001")}, PACKS,
    )  # fmt: skip
    assert [step.after.name for step in told(found)] == ["mrd_lowest"]


def test_outcomes_are_those_of_the_name_without_its_sample() -> None:
    assert affected("mrd_status:S1") == affected("mrd_status:S1#2") == ("P1", "S1", "S2")
    assert affected("window:SCR") == ()
    rows = load_pack("events").rows("endpoints")
    for row in rows:
        assert affected(str(row["id"])) == (row["outcome"],)
    assert set(with_outcomes()) > {str(row["id"]) for row in rows}
