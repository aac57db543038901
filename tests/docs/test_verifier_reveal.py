"""A revealed list: whatever is changed in it, the verifier says so and names the slot."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain import manifest
from tests.docs.verifier import ANY_FOLDER, MODULE, faults, kinds, run, slots_named, told, world
from tests.support.sealed_lists import LIST_ID, SEED, STRATA

METHODS = ("permuted_blocks", "uploaded_list", "minimisation", "biased_coin", "big_stick")
A, B = STRATA


@pytest.mark.parametrize("method", METHODS)
def test_an_unaltered_list_passes_in_a_process_without_any_package(
    method: str, put: Callable[[bytes], Path]
) -> None:
    status, report = told("reveal", put(world(method).revealed))
    assert (status, report["ok"], report["faults"]) == (0, True, [])
    assert report["facts"]["slots"] == len(world(method).slots)
    assert report["facts"]["allocations"] == len(world(method).used)


@pytest.mark.parametrize("method", METHODS)
def test_a_list_on_many_lines_passes_too(method: str, put: Callable[[bytes], Path]) -> None:
    content = json.loads(world(method).revealed)
    assert not faults("reveal", put(MODULE.spell(content, 2).encode() + b"\n"))


def owner(raw: bytes, at: int) -> tuple[str, int] | None:
    """The slot to which a byte of the file belongs."""
    for match in re.finditer(rb"\{[^{}]*\}", raw):
        if match.start() <= at < match.end() and b'"label"' in match[0]:
            row = json.loads(match[0])
            return row["label"], row["position"]
    return None


@pytest.mark.proves("RND-3", kind="oracle")
@pytest.mark.parametrize("method", ["permuted_blocks", "uploaded_list", "minimisation"])
@ANY_FOLDER
@given(data=st.data())
def test_one_changed_byte_anywhere_fails_and_names_its_slot(
    method: str, put: Callable[[bytes], Path], data: st.DataObject
) -> None:
    raw = bytearray(world(method).revealed)
    if data.draw(st.booleans(), "on many lines"):
        raw = bytearray(MODULE.spell(json.loads(raw), 2).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    slot = owner(bytes(raw), at)
    raw[at] ^= data.draw(st.integers(1, 255))
    file = put(bytes(raw))
    assert faults("reveal", file)
    assert slot is None or slot in slots_named("reveal", file)


@pytest.mark.parametrize("field", ["label", "position", "content", "salt", "commitment"])
@ANY_FOLDER
@given(data=st.data())
def test_a_rewritten_field_of_a_slot_is_named_though_every_checksum_was_mended(
    field: str, forge: Callable[..., Path], data: st.DataObject
) -> None:
    method = data.draw(st.sampled_from(["permuted_blocks", "uploaded_list"]))
    slots = json.loads(world(method, 3).revealed)["slots"]
    at = data.draw(st.integers(0, len(slots) - 1))
    old = slots[at][field]
    choices = {
        "label": st.sampled_from([*STRATA, "f1=c;f2=x"]),
        "position": st.integers(0, 60),
        "content": st.sampled_from(["INO", "ALLR3", "INX"]),
    }
    hexadecimal = st.text("0123456789abcdef", min_size=64, max_size=64)
    new = data.draw(choices.get(field, hexadecimal).filter(lambda value: value != old))
    file = forge(lambda content: content["slots"][at].update({field: new}), method)
    assert (slots[at]["label"], slots[at]["position"]) in slots_named("reveal", file)


@pytest.mark.parametrize("field", ["label", "position", "arm", "randomization_number", "link"])
def test_a_rewritten_allocation_is_named(field: str, forge: Callable[..., Path]) -> None:
    new = {"label": B, "position": 9, "arm": "XXX", "link": "0" * 64}.get(field, "R-other")
    for at, position in enumerate((1, 2, 3)):
        file = forge(lambda content, at=at: content["allocations"][at].update({field: new}))
        assert (A, position) in slots_named("reveal", file)


def test_a_changed_time_breaks_the_chain(forge: Callable[..., Path]) -> None:
    time = "2026-01-05T09:00:01+00:00"
    file = forge(lambda content: content["allocations"][0].update(randomized_at=time))
    assert {(f.kind, f.label, f.position) for f in faults("reveal", file)} == {("link", A, 1)}


@pytest.mark.parametrize("name", ["slots", "allocations"])
def test_swapped_rows_are_named(name: str, forge: Callable[..., Path]) -> None:
    def swap(content: dict[str, Any]) -> None:
        rows = content[name]
        rows[0], rows[1] = rows[1], rows[0]

    assert {(A, 1), (A, 2)} <= slots_named("reveal", forge(swap))


def test_swapped_contents_are_both_named(forge: Callable[..., Path]) -> None:
    def swap(content: dict[str, Any]) -> None:
        one, other = content["slots"][9:11]
        assert one["content"] != other["content"]
        one["content"], other["content"] = other["content"], one["content"]

    named = slots_named("reveal", forge(swap))
    assert named == {(A, 10), (A, 11)}


def test_a_reordered_list_fails(forge: Callable[..., Path]) -> None:
    assert {"order", "root"} <= kinds("reveal", forge(lambda c: c["slots"].reverse()))


@pytest.mark.parametrize("method", ["permuted_blocks", "uploaded_list", "minimisation"])
@pytest.mark.parametrize("at", [0, 1, -1])
def test_a_missing_slot_is_named(method: str, at: int, forge: Callable[..., Path]) -> None:
    gone = world(method, 3).slots[at]
    file = forge(lambda content: content["slots"].pop(at), method)
    assert {"count", "root", "missing"} <= kinds("reveal", file)
    assert (gone.label, gone.position) in slots_named("reveal", file)


def test_a_slot_too_many_is_named(forge: Callable[..., Path]) -> None:
    def add(content: dict[str, Any]) -> None:
        content["slots"].append({**content["slots"][-1], "position": 25})

    file = forge(add)
    assert {"count", "regeneration"} <= kinds("reveal", file)
    assert (B, 25) in slots_named("reveal", file)


def test_a_cut_file_fails_whatever_its_length(put: Callable[[bytes], Path]) -> None:
    raw = world("uploaded_list").revealed
    for length in range(0, len(raw) - 1, 97):
        assert kinds("reveal", put(raw[:length])) == {"malformed"}


def test_an_unused_slot_before_a_used_one_is_named(forge: Callable[..., Path]) -> None:
    file = forge(lambda content: content["allocations"].pop(1))
    assert ("order", A, 2) in {(f.kind, f.label, f.position) for f in faults("reveal", file)}


def test_an_arm_other_than_the_slots_is_named(forge: Callable[..., Path]) -> None:
    def change(content: dict[str, Any]) -> None:
        content["allocations"][0]["arm"] = "ALLR3"

    found = {(f.kind, f.label, f.position) for f in faults("reveal", forge(change))}
    assert found == {("arm", A, 1), ("link", A, 1)}


@pytest.mark.parametrize(
    ("position", "time", "wrong"),
    [
        (1, "2026-01-05T08:00:00Z", False),
        (1, "2026-01-05T07:59:59Z", True),
        (1, "2026-01-05T04:59:00-03:00", True),
        (2, "2026-01-05T09:00:00Z", False),
        (2, "2026-01-05T08:59:59.999999Z", True),
    ],
)
def test_a_slot_used_before_activation_or_before_the_one_in_front_of_it_is_named(
    position: int, time: str, wrong: bool, forge: Callable[..., Path]
) -> None:
    file = forge(lambda c: c["allocations"][position - 1].update(randomized_at=time))
    found = {(f.kind, f.label, f.position) for f in faults("reveal", file)}
    assert (("time", A, position) in found) is wrong


def test_in_training_the_order_of_times_is_not_checked_and_this_is_said(
    forge: Callable[..., Path],
) -> None:
    def change(content: dict[str, Any]) -> None:
        content["manifest"]["mode"] = "training"
        content["allocations"][0]["randomized_at"] = "2026-01-05T07:59:59Z"

    said = MODULE.run(MODULE.options_of(["reveal", str(forge(change))]))
    assert "time" not in {fault.kind for fault in said.faults}
    assert any(note.startswith("training") for note in said.notes)


def test_one_number_for_two_children_is_named(forge: Callable[..., Path]) -> None:
    def change(content: dict[str, Any]) -> None:
        number = content["allocations"][0]["randomization_number"]
        content["allocations"][4]["randomization_number"] = number

    assert ("number", B, 2) in {
        (f.kind, f.label, f.position) for f in faults("reveal", forge(change))
    }


def test_all_faults_are_told_and_not_only_the_first(forge: Callable[..., Path]) -> None:
    def change(content: dict[str, Any]) -> None:
        content["slots"][5]["salt"] = "0" * 64
        content["slots"][40]["content"] = "X"
        content["allocations"][2]["arm"] = "X"

    assert {(A, 6), (B, 14), (A, 3)} <= slots_named("reveal", forge(change))


def test_a_list_swapped_after_activation_fails_though_it_is_whole_in_itself(
    forge: Callable[..., Path],
) -> None:
    """The operator commits anew to a better list, under the old manifest."""

    def change(content: dict[str, Any]) -> None:
        slot = content["slots"][50]
        slot["content"] = "INO" if slot["content"] == "ALLR3" else "ALLR3"
        place = MODULE.Place(slot["label"], slot["position"])
        salt = bytes.fromhex(slot["salt"])
        made = MODULE.commitment_of(LIST_ID, place, salt, slot["content"])
        slot["commitment"] = made.hex()

    found = faults("reveal", forge(change))
    assert {(f.kind, f.label, f.position) for f in found} == {
        ("root", None, None),
        ("regeneration", B, 24),
    }


def test_an_operator_who_signs_anew_is_caught_by_a_link_noted_earlier(
    put: Callable[[bytes], Path],
) -> None:
    early, late = world("permuted_blocks", 2), world("permuted_blocks", 5)
    head = told("reveal", put(early.revealed))[1]["facts"]["heads"][A]
    assert not faults("reveal", put(late.revealed), "--head", f"{A}={head}")
    file = put(world("permuted_blocks", 1).revealed)
    assert ("head", A) in {
        (f.kind, f.label) for f in faults("reveal", file, "--head", f"{A}={head}")
    }


def test_a_manifest_signed_anew_is_caught_by_the_key_from_another_source(
    forge: Callable[..., Path],
) -> None:
    other = hashlib.sha256(b"another seed").digest()
    file = forge(lambda c: c.update(manifest.bundle(c["manifest"], other)))
    assert not faults("reveal", file)
    assert kinds("reveal", file, "--public-key", manifest.public_key(SEED).hex()) == {"public-key"}


def test_a_file_spelled_otherwise_is_refused(put: Callable[[bytes], Path]) -> None:
    raw = world("uploaded_list").revealed
    for other in (raw.replace(b",", b", ", 1), raw + b"\n", raw.replace(b"INO", b"\\u0049NO", 1)):
        assert kinds("reveal", put(other)) == {"layout"}


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"[]", b"{}", b"\xff", b"null", b"[" * 100_000),
        *(b'{"a":1.5}', b'{"a":NaN}', b'{"a":1,"a":1}', b'{"a":' + b"9" * 5000 + b"}"),
        *(b'{"manifest":{"a":null}}', b'{"manifest":{"a":"\\ud800"}}'),
    ],
)
def test_a_malformed_file_is_told_clearly_and_without_a_trace(
    raw: bytes, put: Callable[[bytes], Path]
) -> None:
    status, report = told("reveal", put(raw))
    assert status == 1
    assert report["faults"][-1]["kind"] == "malformed"


def test_a_fault_is_told_in_words_with_the_slot(forge: Callable[..., Path]) -> None:
    done = run("reveal", forge(lambda c: c["slots"][1].update(content="\u001b[2J")))
    assert done.returncode == 1
    assert f"FAULT commitment [{A} position 2]:" in done.stdout
    assert "\u001b" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("FAILED")


def test_a_wrong_digest_fails(put: Callable[[bytes], Path]) -> None:
    content = json.loads(world("permuted_blocks").revealed)
    content["digest"] = "0" * 64
    assert kinds("reveal", put(MODULE.spell(content).encode())) == {"digest"}


def test_a_stratum_under_another_name_is_told(forge: Callable[..., Path]) -> None:
    def rename(content: dict[str, Any]) -> None:
        for slot in content["slots"]:
            if slot["label"] == B:
                slot["label"] = "f1=c;f2=x"
                place = MODULE.Place(slot["label"], slot["position"])
                salt = bytes.fromhex(slot["salt"])
                made = MODULE.commitment_of(LIST_ID, place, salt, slot["content"])
                slot["commitment"] = made.hex()

    found = {
        (f.kind, f.label, f.position) for f in faults("reveal", forge(rename, "uploaded_list"))
    }
    assert {("stratum", "f1=c;f2=x", p) for p in (1, 2, 3)} <= found
    assert {("missing", B, p) for p in (1, 2, 3)} <= found


def test_a_stratum_that_is_gone_is_told_though_no_length_is_stated(
    forge: Callable[..., Path],
) -> None:
    def remove(content: dict[str, Any]) -> None:
        content["parameters"] = {"method": "uploaded_list"}
        content["slots"] = [slot for slot in content["slots"] if slot["label"] == A]

    found = {
        (f.kind, f.label, f.position) for f in faults("reveal", forge(remove, "uploaded_list"))
    }
    assert ("missing", B, 1) in found


def test_what_is_neither_arm_nor_draw_is_no_content(forge: Callable[..., Path]) -> None:
    for method, content in (("permuted_blocks", "X"), ("minimisation", "INO")):
        file = forge(lambda c, text=content: c["slots"][0].update(content=text), method)
        assert {"content", "commitment"} <= kinds("reveal", file)


def test_a_damaged_slot_leaves_no_root(forge: Callable[..., Path]) -> None:
    found = kinds("reveal", forge(lambda c: c["slots"][0].update(salt="short")))
    assert {"malformed", "root"} <= found


def test_every_slot_of_a_gap_is_named_even_where_nothing_can_be_made_anew(
    forge: Callable[..., Path],
) -> None:
    def cut(content: dict[str, Any]) -> None:
        content["secret"] = "unknown"
        del content["slots"][4:6]

    found = {(f.kind, f.label, f.position) for f in faults("reveal", forge(cut))}
    assert {("missing", A, 5), ("missing", A, 6), ("order", A, 7)} <= found


def test_an_allocation_without_a_slot_is_named(forge: Callable[..., Path]) -> None:
    file = forge(lambda content: content["slots"].pop(), "uploaded_list")
    found = {(f.kind, f.label, f.position) for f in faults("reveal", file)}
    assert ("slot", B, 3) in found


def test_an_arm_that_a_minimised_list_does_not_have_is_named(forge: Callable[..., Path]) -> None:
    file = forge(lambda c: c["allocations"][1].update(arm="X"), "minimisation")
    found = {(f.kind, f.label, f.position) for f in faults("reveal", file)}
    assert ("arm", "*", 2) in found
