"""The manifest: one spelling, one signature, nothing that gives a block size away."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain import manifest
from services.randomization.domain.manifest import ManifestForged
from tests.support.sealed_lists import (
    PARAMETERS_SALT,
    RATIO,
    SEED,
    facts,
    parameters_of,
    sealed_world,
)

WORLD = sealed_world()
FACTS = facts(WORLD.sealed, "permuted_blocks", RATIO, parameters_of("permuted_blocks"))
CONTENT = FACTS.as_content()
VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcäz"), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc"), VALUES))
def test_the_spelling_reads_back_and_does_not_depend_on_the_order(
    content: dict[str, object],
) -> None:
    spelled = manifest.canonical(content)
    assert json.loads(spelled) == content
    assert manifest.canonical(dict(reversed(content.items()))) == spelled


def test_the_spelling_is_this_one() -> None:
    content = {"b": ["é", {"y": 1, "x": -2}], "a": "1 2"}
    assert manifest.canonical(content) == '{"a":"1 2","b":["é",{"x":-2,"y":1}]}'.encode()


@pytest.mark.parametrize(
    "value", [1.0, 2**53, -(2**53), None, True, b"x", {"a": [0.5]}, {1: "a"}, "\ud800"]
)
def test_what_has_more_than_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each value has a text of its own
        manifest.canonical({"a": value})


@given(st.integers(0, 8 * 64 - 1), st.integers(0, 8 * 64 - 1), st.integers(0, 8 * 32 - 1))
def test_one_bit_of_content_signature_or_key_breaks_the_seal(c: int, s: int, k: int) -> None:
    content = manifest.canonical(CONTENT)
    signature, key = manifest.sign(content, SEED), manifest.public_key(SEED)
    manifest.verify(content, signature, key)
    for torn in (
        (flip(content, c), signature, key),
        (content, flip(signature, s), key),
        (content, signature, flip(key, k)),
        (content, signature[:-1], key),
        (content, signature, key[:-1]),
    ):
        with pytest.raises(ManifestForged):
            manifest.verify(*torn)


def flip(data: bytes, bit: int) -> bytes:
    torn = bytearray(data)
    torn[bit // 8] ^= 1 << bit % 8
    return bytes(torn)


def test_signatures_are_those_of_rfc_8032() -> None:
    # Section 7.1, test 1: the empty message.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert manifest.public_key(seed).hex() == key
    assert manifest.sign(b"", seed).hex().startswith("e5564300c360ac729086e2cc806e828a84877f1e")


def test_every_fact_moves_the_hash() -> None:
    whole = manifest.manifest_hash(CONTENT)
    assert whole == hashlib.sha256(manifest.canonical(CONTENT)).hexdigest()
    for name in FACTS.__dataclass_fields__:
        changed = {"leaf_count": 1, "ratio": {"INO": 1}, "strata": ("*",)}.get(name, "other")
        other = replace(FACTS, **{name: changed}).as_content()
        assert manifest.manifest_hash(other) != whole, name


def test_a_list_that_extends_no_other_does_not_speak_of_it() -> None:
    assert "extends" not in CONTENT
    assert replace(FACTS, extends="L-1").as_content()["extends"] == "L-1"


def test_arms_keep_their_configured_order_and_no_block_size_is_told() -> None:
    assert CONTENT["arms"] == [{"code": "INO", "ratio": 2}, {"code": "ALLR3", "ratio": 1}]
    assert b"block_sizes" not in manifest.canonical(CONTENT)
    assert b"capacity" not in manifest.canonical(CONTENT)


def test_parameters_are_bound_with_their_salt() -> None:
    parameters = parameters_of("permuted_blocks")
    other = {**parameters, "block_sizes": [3]}
    bound = manifest.parameters_commitment(parameters, PARAMETERS_SALT)
    assert bound == CONTENT["parameters_sha256"]
    assert bound != manifest.parameters_commitment(other, PARAMETERS_SALT)
    assert bound != manifest.parameters_commitment(parameters, bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        manifest.parameters_commitment(parameters, b"")


def test_a_published_bundle_verifies() -> None:
    bundle = manifest.bundle(CONTENT, SEED)
    signature, key = (bytes.fromhex(str(bundle[name])) for name in ("signature", "public_key"))
    manifest.verify(manifest.canonical(CONTENT), signature, key)
