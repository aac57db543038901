"""MedDRA is the sponsor's own, of one version, and only current terms leave."""

from pathlib import Path

import pytest

from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.terminology.asc import TerminologyError
from services.safety.e2b.terminology.meddra import is_taken, load_meddra, previous_version
from services.safety.e2b.terminology.whodrug import load_whodrug
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.mutations import ids, with_value
from tests.services.safety.e2b.terminology.dictionaries import (
    CURRENT,
    RETIRED,
    UNKNOWN,
    write_meddra,
)


def test_a_version_is_loaded_with_terms_and_their_way_up(tmp_path: Path) -> None:
    meddra = load_meddra(write_meddra(tmp_path))
    assert (meddra.version, len(meddra)) == ("28.1", 3)
    term = meddra.term(CURRENT)
    assert term is not None
    assert (term.preferred, term.preferred_name, term.organ_class, term.current) == (
        "85000001",
        "Purple liver",
        "Imaginary disorders",
        True,
    )


def test_an_unknown_or_retired_term_has_a_fault_and_a_current_one_has_none(tmp_path: Path) -> None:
    meddra = load_meddra(write_meddra(tmp_path))
    assert meddra.fault(CURRENT) is None
    assert meddra.fault(RETIRED) == "the term is not current in MedDRA 28.1"
    assert meddra.fault(UNKNOWN) == "MedDRA 28.1 has no such lowest level term"


def test_a_search_finds_current_terms_with_every_word(tmp_path: Path) -> None:
    meddra = load_meddra(write_meddra(tmp_path))
    assert [term.code for term in meddra.search("LIVER purple")] == [CURRENT, "90000003"]
    assert [term.code for term in meddra.search("very")] == ["90000003"]
    named = meddra.named(" purple LIVER ")
    assert named is not None
    assert named.code == CURRENT


@pytest.mark.parametrize("code", [RETIRED, UNKNOWN])
def test_a_report_with_a_term_that_is_not_current_may_not_leave(tmp_path: Path, code: str) -> None:
    meddra = load_meddra(write_meddra(tmp_path))
    bad = with_value(reports.batch(), "e_i_2_1b", code)
    assert ids(bad, Profile.FDA_IND, terminology=meddra) == {"ICH.E.i.2.1b.TERM"}
    assert ids(reports.batch(), Profile.FDA_IND, terminology=meddra) == set()


def test_another_version_than_the_one_asked_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TerminologyError, match=r"holds MedDRA 28\.1, not 27\.0"):
        load_meddra(write_meddra(tmp_path), "27.0")


def test_a_report_coded_in_another_version_than_the_loaded_one_may_not_leave(
    tmp_path: Path,
) -> None:
    meddra = load_meddra(write_meddra(tmp_path, "27.1"))
    found = ids(reports.batch(), Profile.FDA_IND, terminology=meddra)
    assert found == {"MEDDRA.VERSION"}


@pytest.mark.parametrize(
    ("version", "before"), [("28.1", "28.0"), ("28.0", "27.1"), ("10.0", "9.1")]
)
def test_the_version_before_is_half_a_year_older(version: str, before: str) -> None:
    assert previous_version(version) == before
    assert is_taken(before, version)
    assert is_taken(version, version)
    assert not is_taken(previous_version(before), version)


@pytest.mark.parametrize(
    ("in_force", "found"),
    [
        ("28.1", set()),
        ("29.0", set()),
        ("29.1", {"EU.MEDDRA.VERSION"}),
        (None, set()),
    ],
)
def test_the_eu_takes_the_version_in_force_and_the_one_before(
    in_force: str | None, found: set[str]
) -> None:
    batch = reports.batch(Profile.EU_CTR)
    assert ids(batch, Profile.EU_CTR, meddra_in_force=in_force) == found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("llt.asc", "90000001$Purple liver$85000009$$$$$$$Y$$\n"),
        ("llt.asc", "90000001$Purple liver$85000001$$$$$$$X$$\n"),
        ("llt.asc", "9$Purple liver$85000001$$$$$$$Y$$\n"),
        ("llt.asc", "90000001$Purple liver\n"),
        ("llt.asc", ""),
        ("meddra_release.asc", "latest$English\n"),
        ("meddra_release.asc", ""),
    ],
)
def test_a_damaged_file_is_refused_by_its_name(tmp_path: Path, name: str, text: str) -> None:
    (write_meddra(tmp_path) / name).write_text(text)
    with pytest.raises(TerminologyError, match=name):
        load_meddra(tmp_path)


def test_a_missing_or_unreadable_file_is_refused_by_its_name(tmp_path: Path) -> None:
    write_meddra(tmp_path)
    (tmp_path / "pt.asc").write_bytes(b"\xff\xfe$")
    with pytest.raises(TerminologyError, match=r"pt\.asc is not UTF-8"):
        load_meddra(tmp_path)
    (tmp_path / "pt.asc").unlink()
    with pytest.raises(TerminologyError, match=r"pt\.asc cannot be read"):
        load_meddra(tmp_path)


def test_drug_names_are_found_by_the_names_of_their_columns(tmp_path: Path) -> None:
    file = tmp_path / "drugs.asc"
    file.write_text(
        "atc$drug_name$drug_code$other\nX01$Purplimab$000001$?\nX02$Greenimab$000002$?\n"
    )
    drugs = load_whodrug(file, "2026-03")
    assert [drug.code for drug in drugs.search("IMAB")] == ["000002", "000001"]
    found = drugs.drug("000001")
    assert found is not None
    assert (found.name, found.atc, drugs.version) == ("Purplimab", "X01", "2026-03")


def test_an_export_without_the_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "drugs.asc"
    file.write_text("code$name$atc\n1$a$b\n")
    with pytest.raises(TerminologyError, match="drug_code"):
        load_whodrug(file, "2026-03")
