"""Whole files: nothing of a blinded one depends on the arm, and all of them are made to order."""

import tracemalloc
from dataclasses import replace
from functools import cache

import pytest

from services.assessments.domain.exports.files import file_names, writer_of
from services.assessments.domain.exports.participant import Participant, Variant
from services.assessments.domain.exports.sdtm import Sdtm
from tests.services.assessments.exports.children import participant
from tests.services.assessments.exports.support import mapping_pack, study
from tests.shared.datasets.support import ABOUT

ALL = ("dataset-json", "dataset-ndjson", "xpt", "odm", "csv")
SUBJECTS = ("S01-001", "S01-002", "S01-003")


@cache
def sdtm(variant: Variant) -> Sdtm:
    return Sdtm(mapping_pack(), study(), variant)


def names(variant: Variant) -> list[str]:
    return [name for name, _ in file_names(sdtm(variant), ALL, audit=True)]


def world(arms: tuple[str, ...], variant: Variant) -> list[Participant]:
    """Children in the order of their codes, each on its arm with what reveals it."""
    return [
        replace(participant(study(), arm, variant), subject=subject)
        for subject, arm in zip(SUBJECTS, arms, strict=True)
    ]


def file(name: str, variant: Variant, children: list[Participant]) -> bytes:
    writer = writer_of(name, sdtm(variant), replace(ABOUT, variant=variant))
    if writer.surveys:
        for child in children:
            writer.look(child)
    return writer.start() + b"".join(map(writer.child, children)) + writer.end()


@pytest.mark.parametrize("name", names("blinded"))
def test_no_byte_of_a_blinded_file_depends_on_an_arm(name: str) -> None:
    worlds = [("INO", "ALLR3", "INO"), ("ALLR3", "INO", "INO"), ("ALLR3", "ALLR3", "ALLR3")]
    files = {file(name, "blinded", world(arms, "blinded")) for arms in worlds}
    assert len(files) == 1


@pytest.mark.parametrize("name", ["dm.csv", "ex.ndjson", "pc.xpt", "odm.xml"])
def test_the_same_worlds_differ_where_arms_may_be_seen(name: str) -> None:
    worlds = [("INO", "ALLR3", "INO"), ("ALLR3", "INO", "INO")]
    assert len({file(name, "unblinded", world(arms, "unblinded")) for arms in worlds}) == 2


@pytest.mark.parametrize("name", names("unblinded"))
def test_a_file_made_again_is_the_same(name: str) -> None:
    children = world(("INO", "ALLR3", "INO"), "unblinded")
    assert file(name, "unblinded", children) == file(name, "unblinded", children)


def test_blinded_metadata_does_not_describe_what_reveals_the_arm() -> None:
    content = file("odm.xml", "blinded", world(("INO", "INO", "INO"), "blinded"))
    for form in study().forms:
        described = f'OID="{form.id}"'.encode() in content
        assert described is not form.arm_revealing, form.id


def test_only_the_formats_that_were_asked_for_are_made() -> None:
    assert [name for name, _ in file_names(sdtm("blinded"), ["odm"], audit=False)] == ["odm.xml"]
    found = file_names(sdtm("blinded"), ["csv"], audit=True)
    endings = {name.partition(".")[2] for name, _ in found}
    assert endings == {"csv", "people.csv"}


@pytest.mark.parametrize("variant", ["blinded", "unblinded"])
def test_a_file_rests_on_no_other_forms_than_it_says(variant: Variant) -> None:
    children = world(("INO", "ALLR3", "INO"), variant)
    for name in names(variant):
        forms = writer_of(name, sdtm(variant), ABOUT).forms
        some = [
            replace(
                child,
                histories=tuple(h for h in child.histories if forms is None or h.form in forms),
            )
            for child in children
        ]
        assert file(name, variant, some) == file(name, variant, children), name


@pytest.mark.parametrize("name", ["lb.ndjson", "lb.xpt", "odm.xml"])
def test_a_file_of_many_children_takes_no_more_memory_than_one_of_few(name: str) -> None:
    def peak(children: int) -> int:
        writer = writer_of(name, sdtm("unblinded"), ABOUT)
        child = participant(study())
        tracemalloc.start()
        try:
            for _ in range(children):
                writer.look(child)
            writer.start()
            for _ in range(children):
                writer.child(child)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2)  # what is kept for good is made at first
    assert peak(200) < 2 * peak(10) + 200_000
