"""Envelopes for a downtime: opened by their code only, and checked by themselves."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain.commitments import commitment
from services.randomization.domain.envelopes import (
    EnvelopeBroken,
    Place,
    code_of,
    envelope_id,
    open_envelope,
    same_code,
    seal_envelope,
)
from services.randomization.domain.sealing import Opening

KEY = bytes(range(32))
PLACE = Place("nct05748171", "D1", "f1=a;f2=x", 1)
SALT = bytes(range(32, 64))
CODE = code_of(KEY, PLACE)
ENVELOPE = seal_envelope(PLACE, Opening("INO", SALT), CODE)
PLACES = st.builds(
    Place,
    st.just("study"),
    st.sampled_from(["D1", "D2"]),
    st.sampled_from(["*", "a=1", "a=2"]),
    st.integers(1, 10_000),
)


def test_the_code_opens_the_envelope() -> None:
    assert open_envelope(ENVELOPE, CODE) == "INO"


def test_a_code_is_twenty_characters_of_base32_in_groups_of_five() -> None:
    groups = CODE.split("-")
    assert [len(group) for group in groups] == [5, 5, 5, 5]
    assert base64.b32decode("".join(groups) + "====")[:12]


def test_a_second_export_is_the_same() -> None:
    assert code_of(KEY, PLACE) == CODE
    assert seal_envelope(PLACE, Opening("INO", SALT), CODE) == ENVELOPE


def test_nothing_of_it_ever_changes() -> None:
    """Envelopes lie in safes for years: a change of any byte would be another version."""
    assert CODE == "NUTLY-GDU7A-YGWFW-BW7OG"
    assert ENVELOPE.sealed == (
        "4BaV0qU1fwU/7Mp7YtZrmg4YkgDHbBF9jtLSgdRssUidK/VvmX1hs6/RTKWULxsd/rpKaAkKhUI3"
        "gCAaVt7D55iAIFXeN3LpUg5fKq6fC2PMWMY3MDJFTnNjmhwbKOuVNmCvWha3Q9EJE+Wjx+1K"
    )


@given(PLACES, PLACES)
def test_each_envelope_has_a_code_of_its_own(one: Place, other: Place) -> None:
    assert (code_of(KEY, one) == code_of(KEY, other)) == (one == other)


def test_another_list_key_makes_another_code() -> None:
    assert code_of(bytes(32), PLACE) != CODE


TYPED = (
    CODE.lower(),
    CODE.replace("-", ""),
    CODE.replace("-", " "),
    f" {CODE}\n",
    CODE.replace("O", "0").replace("B", "8"),
)


@pytest.mark.parametrize("typed", TYPED)
def test_a_code_is_taken_as_people_type_it(typed: str) -> None:
    assert open_envelope(ENVELOPE, typed) == "INO"
    assert same_code(CODE, typed)


@pytest.mark.parametrize(
    "typed", ["", "A", CODE[:-1], CODE + "A", "Ä" * 20, "9" * 20, "AAAAA-AAAAA-AAAAA-AAAAA"]
)
def test_a_wrong_code_opens_nothing(typed: str) -> None:
    assert not same_code(CODE, typed)
    with pytest.raises(EnvelopeBroken):
        open_envelope(ENVELOPE, typed)


@given(st.integers(0, 10_000))
def test_a_changed_byte_opens_nothing(at: int) -> None:
    raw = bytearray(base64.b64decode(ENVELOPE.sealed))
    raw[at % len(raw)] ^= 1
    with pytest.raises(EnvelopeBroken):
        open_envelope(replace(ENVELOPE, sealed=base64.b64encode(raw).decode()), CODE)


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "\x00"])
def test_what_is_no_envelope_opens_nothing(sealed: str) -> None:
    with pytest.raises(EnvelopeBroken):
        open_envelope(replace(ENVELOPE, sealed=sealed), CODE)


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, study="another"),
        replace(PLACE, list_id="D2"),
        replace(PLACE, label="f1=b;f2=x"),
        replace(PLACE, position=2),
    ],
)
def test_an_envelope_under_another_name_does_not_open(place: Place) -> None:
    with pytest.raises(EnvelopeBroken):
        open_envelope(replace(ENVELOPE, place=place), CODE)


def test_an_envelope_shows_the_commitment_of_its_slot() -> None:
    bound = commitment(PLACE.list_id, PLACE.label, PLACE.position, SALT, "INO")
    assert ENVELOPE.commitment == bound.hex()


def test_an_arm_that_was_not_committed_to_is_told_to_nobody() -> None:
    other = seal_envelope(PLACE, Opening("ALLR3", SALT), CODE)
    with pytest.raises(EnvelopeBroken, match="another slot"):
        open_envelope(replace(other, commitment=ENVELOPE.commitment), CODE)


def test_its_length_does_not_tell_the_arm() -> None:
    other = seal_envelope(PLACE, Opening("ALLR3", SALT), CODE)
    assert len(other.sealed) == len(ENVELOPE.sealed)


@pytest.mark.parametrize("content", ["", "X" * 64, "IN\x00O"])
def test_content_that_does_not_fit_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"content|zero byte"):
        seal_envelope(PLACE, Opening(content, SALT), CODE)


@pytest.mark.parametrize(
    ("at", "position", "name"),
    [(0, 3, "S02-A-03"), (25, 1, "S02-Z-01"), (26, 12, "S02-AA-12"), (701, 100, "S02-ZZ-100"),
     (702, 1, "S02-AAA-01")],
)  # fmt: skip
def test_its_name_holds_site_stratum_and_order(at: int, position: int, name: str) -> None:
    labels = [f"a={n}" for n in range(800)]
    assert envelope_id("S02", labels, labels[at], position) == name


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=2, unique=True))
def test_two_strata_never_share_a_name(pair: list[int]) -> None:
    labels = [f"a={n}" for n in range(5001)]
    one, other = (envelope_id("S02", labels, labels[at], 1) for at in pair)
    assert one != other
