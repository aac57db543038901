"""Manifest and single allocations, as a site checks them; Ed25519 beside another library's."""

import ast
import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain import manifest
from tests.docs.verifier import ANY_FOLDER, FILE, MODULE, faults, kinds, run, slots_named, told
from tests.support.sealed_lists import SEED, STRATA, sealed_world

WORLD = sealed_world()
MINIMISED = sealed_world("minimisation")
KEY = manifest.public_key(SEED)
Write = Callable[[dict[str, Any]], Path]


@pytest.fixture
def signed(tmp_path: Path) -> Write:
    """Writes a manifest's file."""

    def write(content: dict[str, Any]) -> Path:
        file = tmp_path / "manifest.json"
        file.write_text(json.dumps(content))
        return file

    return write


@pytest.fixture
def answered(tmp_path: Path, signed: Write) -> Callable[..., list[str | Path]]:
    """Writes an allocation and its manifest; the command line that checks them."""

    def write(answer: dict[str, Any], bundle: dict[str, Any] = WORLD.bundle) -> list[str | Path]:
        file = tmp_path / "allocation.json"
        file.write_text(json.dumps(answer))
        return ["allocation", file, "--manifest", signed(bundle)]

    return write


def test_it_imports_the_standard_library_only_and_is_one_file() -> None:
    tree = ast.parse(FILE.read_text())
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("command", [(), ("manifest",), ("allocation",), ("reveal",)])
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "FILE" in done.stdout or "reveal" in done.stdout


def test_a_published_manifest_passes(signed: Write) -> None:
    status, report = told("manifest", signed(WORLD.bundle), "--public-key", KEY.hex())
    assert (status, report["faults"], report["notes"]) == (0, [], [])
    assert report["facts"]["manifest_hash"] == manifest.manifest_hash(WORLD.bundle["manifest"])


def test_a_key_that_is_not_given_is_asked_for(signed: Write) -> None:
    assert "--public-key" in told("manifest", signed(WORLD.bundle))[1]["notes"][0]


@pytest.mark.parametrize("field", sorted(WORLD.bundle["manifest"]))
def test_a_changed_field_of_a_manifest_fails(field: str, signed: Write) -> None:
    bundle = copy.deepcopy(WORLD.bundle)
    value = bundle["manifest"][field]
    other = value + 1 if isinstance(value, int) else value[:-1]
    bundle["manifest"][field] = other
    assert "signature" in kinds("manifest", signed(bundle))
    del bundle["manifest"][field]
    assert {"signature", "malformed"} == kinds("manifest", signed(bundle))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"signature": "00" * 64}, "signature"),
        ({"signature": "zz"}, "signature"),
        ({"public_key": "00" * 32}, "signature"),
        ({"public_key": None}, "signature"),
        ({"manifest": []}, "malformed"),
        ({"manifest_hash": "00" * 32}, "manifest-hash"),
        ({"more": 1}, "fields"),
    ],
)
def test_a_changed_bundle_fails(change: dict[str, Any], kind: str, signed: Write) -> None:
    assert kind in kinds("manifest", signed({**WORLD.bundle, **change}))


def test_another_key_than_the_trusted_one_fails(signed: Write) -> None:
    bundle = manifest.bundle(WORLD.bundle["manifest"], bytes(32))
    assert not faults("manifest", signed(bundle))
    assert kinds("manifest", signed(bundle), "--public-key", KEY.hex()) == {"public-key"}


def test_a_list_that_one_person_made_and_approved_fails(signed: Write) -> None:
    content = {**WORLD.bundle["manifest"], "approver": "statistician-1"}
    assert kinds("manifest", signed(manifest.bundle(content, SEED))) == {"one-person"}


def test_every_allocation_passes(answered: Callable[..., list[str | Path]]) -> None:
    for at in range(len(WORLD.slots)):
        assert not faults(*answered(WORLD.allocation(at)))
    status, report = told(*answered(WORLD.allocation(30)))
    assert (status, report["facts"]["arm"]) == (0, WORLD.slots[30].content)


def test_a_minimised_allocation_passes_with_the_stratum_of_the_child(
    answered: Callable[..., list[str | Path]],
) -> None:
    answer = {**MINIMISED.allocation(3), "arm": "INO", "stratum": STRATA[0]}
    assert not faults(*answered(answer, MINIMISED.bundle))
    assert kinds(*answered({**answer, "arm": "X"}, MINIMISED.bundle)) == {"arm"}


OPENING = WORLD.allocation(40)["opening"]
SLOT = (OPENING["label"], OPENING["position"])


@pytest.mark.proves("RND-3", kind="oracle")
@pytest.mark.parametrize("field", ["content", "salt", "commitment", "path"])
@ANY_FOLDER
@given(data=st.data())
def test_one_changed_character_of_an_opening_fails_and_names_the_slot(
    field: str, answered: Callable[..., list[str | Path]], data: st.DataObject
) -> None:
    answer = copy.deepcopy(WORLD.allocation(40))
    held, name = answer["opening"], field
    if field == "path":
        held, name = held["path"], data.draw(st.integers(0, len(held["path"]) - 1))
    text = held[name]
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.sampled_from("0123456789abcdefX").filter(lambda c: c != text[at]))
    held[name] = text[:at] + new + text[at + 1 :]
    command = answered(answer)
    assert faults(*command)
    assert SLOT in slots_named(*command) or kinds(*command) == {"malformed"}


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("list_id", "OTHER", "list"),
        ("label", STRATA[0], "commitment"),
        ("position", 15, "commitment"),
        ("leaf_index", 39, "path"),
        ("leaf_index", 51, "index"),
        ("leaf_index", 0, "index"),
        ("leaf_count", 52, "count"),
        ("path", OPENING["path"][:-1], "path"),
        ("path", [*OPENING["path"], "00" * 32], "path"),
        ("path", OPENING["path"][::-1], "path"),
        ("path", None, "malformed"),
        ("position", "14", "malformed"),
        ("position", True, "malformed"),
        ("salt", OPENING["salt"].upper(), "malformed"),
        ("more", 1, "malformed"),
    ],
)
def test_a_rewritten_opening_fails(
    field: str, value: object, kind: str, answered: Callable[..., list[str | Path]]
) -> None:
    answer = copy.deepcopy(WORLD.allocation(40))
    answer["opening"][field] = value
    assert kind in kinds(*answered(answer))


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("arm", "*", "arm"),
        ("stratum", STRATA[0], "stratum"),
        ("manifest_sha256", "00" * 32, "hash"),
        ("list_id", "another", "list"),
        ("study", "another", "study"),
        ("opening", None, "malformed"),
        ("subject", 1, "malformed"),
    ],
)
def test_an_answer_that_says_other_than_its_slot_fails(
    field: str, value: object, kind: str, answered: Callable[..., list[str | Path]]
) -> None:
    assert kinds(*answered({**WORLD.allocation(40), field: value})) == {kind}


def test_the_slot_of_another_child_does_not_explain_this_arm(
    answered: Callable[..., list[str | Path]],
) -> None:
    mine, other = WORLD.allocation(0), WORLD.allocation(1)
    assert mine["arm"] != other["arm"]
    assert kinds(*answered({**mine, "opening": other["opening"]})) == {"arm"}


def test_a_file_that_is_not_there_is_told_clearly(tmp_path: Path) -> None:
    done = run("manifest", tmp_path / "nothing.json")
    assert (done.returncode, done.stderr) == (1, "")
    assert "cannot be read" in done.stdout
    assert run("manifest", tmp_path).returncode == 1


@ANY_FOLDER
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_ed25519_agrees_with_another_implementation(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    key, signature = manifest.public_key(seed), manifest.sign(message, seed)
    assert MODULE.ed25519_verifies(key, signature, message)
    torn = [bytearray(key), bytearray(signature), bytearray(message + b"\x00")]
    which = data.draw(st.integers(0, 2))
    at = data.draw(st.integers(0, len(torn[which]) - 1))
    torn[which][at] ^= data.draw(st.integers(1, 255))
    if which != 2:
        torn[2] = torn[2][:-1]
    ours = MODULE.ed25519_verifies(*map(bytes, torn))
    try:
        manifest.verify(bytes(torn[2]), bytes(torn[1]), bytes(torn[0]))
        theirs = True
    except manifest.ManifestForged:
        theirs = False
    assert ours is theirs is False


def test_ed25519_takes_the_vectors_of_rfc_8032() -> None:
    # Section 7.1, tests 1 and 2.
    vectors = [
        """d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
        e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555
        fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b""",
        """3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c
        92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0
        85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00 72""",
    ]
    for vector in vectors:
        raw = bytes.fromhex("".join(vector.split()))
        key, signature, message = raw[:32], raw[32:96], raw[96:]
        assert MODULE.ed25519_verifies(key, signature, message)


def test_ed25519_refuses_what_has_a_second_spelling() -> None:
    signature = manifest.sign(b"m", SEED)
    scalar = int.from_bytes(signature[32:], "little") + MODULE.L
    assert not MODULE.ed25519_verifies(KEY, signature[:32] + scalar.to_bytes(32, "little"), b"m")
    neutral = MODULE.point_encode(MODULE.NEUTRAL)
    # A key of small order verifies anything: R = neutral, s = 0.
    assert not MODULE.ed25519_verifies(neutral, neutral + bytes(32), b"m")
    y_too_large = (MODULE.P + 1).to_bytes(32, "little")
    assert not MODULE.ed25519_verifies(y_too_large, neutral + bytes(32), b"m")
    assert not MODULE.ed25519_verifies(KEY, signature[:-1], b"m")
    assert not MODULE.ed25519_verifies(KEY[:-1], signature, b"m")


@pytest.mark.skipif(
    not all(map(shutil.which, ("openssl", "jq", "xxd"))), reason="needs openssl, jq and xxd"
)
def test_the_way_with_openssl_of_the_document_works(tmp_path: Path, signed: Write) -> None:
    text = (FILE.parent / "verify-randomization.md").read_text()
    script = text.split("```sh openssl\n")[1].split("```")[0]
    for bundle, works in ((WORLD.bundle, True), ({**WORLD.bundle, "signature": "00" * 64}, False)):
        signed(bundle)
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode == 0) is works, done.stderr
