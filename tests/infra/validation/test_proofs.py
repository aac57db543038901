"""Markers are read from the text of the tests, as pytest reads them."""

import pytest

from infra.validation.proofs import PROJECT, MarkerError, Proof, proofs_in, proofs_of

SAMPLE = """
import pytest

@pytest.mark.proves("C02", kind="negative")
@pytest.mark.parametrize("x", [1, 2])
@pytest.mark.proves("C06", kind="oracle")
def test_one(x): ...

def test_without(): ...

class TestGroup:
    @pytest.mark.proves("C02", kind="fuzz")
    def test_two(self): ...
"""


def test_a_test_proves_what_each_of_its_markers_says() -> None:
    assert proofs_of(SAMPLE, "tests/test_a.py") == [
        Proof("C02", "negative", "tests/test_a.py::test_one"),
        Proof("C06", "oracle", "tests/test_a.py::test_one"),
        Proof("C02", "fuzz", "tests/test_a.py::TestGroup::test_two"),
    ]


@pytest.mark.parametrize(
    "marker",
    [
        "proves",
        'proves("C02")',
        'proves("C02", "negative")',
        'proves(C02, kind="negative")',
        'proves("C02", kind="negative", more=1)',
        'proves(kind="negative")',
    ],
)
def test_a_marker_that_cannot_be_read_is_refused_with_its_line(marker: str) -> None:
    with pytest.raises(MarkerError, match=r"test_a\.py, line 1"):
        proofs_of(f"@pytest.mark.{marker}\ndef test_one(): ...", "test_a.py")


def test_a_marker_of_what_is_no_test_is_refused() -> None:
    with pytest.raises(MarkerError, match="helper is no test"):
        proofs_of('@pytest.mark.proves("C02", kind="negative")\ndef helper(): ...', "test_a.py")


@pytest.mark.parametrize("marks", ["{}", "[pytest.mark.long, {}]"])
def test_a_marker_of_a_whole_file_is_refused_as_nobody_sees_it_at_a_test(marks: str) -> None:
    told = marks.format('pytest.mark.proves("C02", kind="negative")')
    with pytest.raises(MarkerError, match="a proof is told at its test"):
        proofs_of(f"pytestmark = {told}\n\ndef test_one(): ...", "test_a.py")


@pytest.mark.proves("C01", kind="oracle")
def test_the_text_of_the_tests_says_what_pytest_collects(request: pytest.FixtureRequest) -> None:
    collected = {}
    for item in request.session.items:
        test = item.nodeid.partition("[")[0]
        marks = item.iter_markers("proves")
        collected[test] = {Proof(mark.args[0], mark.kwargs["kind"], test) for mark in marks}
    read = [proof for proof in proofs_in(PROJECT / "tests") if proof.test in collected]
    assert len(read) == len(set(read)), "no proof is told twice"
    assert set(read) == set().union(*collected.values())
    assert read
