"""Terms of CTCAE v4.03 and the grades that exist for them."""

import pytest

from shared.rules.loading import PackError, load_pack, pack_from_text
from shared.rules.terms import TermList
from tests.services.assessments.domain.packs.ctcae import reference
from tests.services.assessments.domain.packs.ctcae.grading import grader


@pytest.fixture(scope="module")
def terms() -> TermList:
    return TermList(load_pack("ctcae403_terms"))


def test_terms_classes_and_grades_are_those_of_the_standard(terms: TermList) -> None:
    rows = reference.standard()
    assert set(terms.names) == set(rows)
    assert len(terms) == 790
    for name, row in rows.items():
        term = terms.find(name)
        assert term is not None
        grades = tuple(g for g in range(1, 6) if row[f"grade_{g}"].strip() not in {"", "-"})
        assert (term.organ_class, term.grades) == (row["soc"], grades), name


def test_every_grade_read_from_a_number_exists_for_its_term(terms: TermList) -> None:
    for lab_term in grader().table.terms.values():
        for grade in lab_term.grades:
            assert terms.fault(lab_term.ctcae, grade) is None, (lab_term.name, grade)


@pytest.mark.parametrize(
    ("name", "grade", "fault"),
    [
        ("Alopecia", 2, None),
        ("  alopecia ", 2, None),
        ("Alopecia", 3, "grade_absent"),
        ("Febrile neutropenia", 2, "grade_absent"),
        ("Death NOS", 5, None),
        ("Death NOS", 4, "grade_absent"),
        ("Anemia", 0, "grade_absent"),
        ("Anemia", 6, "grade_absent"),
        ("Hepatic veno-occlusive disease", 3, "term_unknown"),
    ],
)
def test_a_grade_that_does_not_exist_for_a_term_is_found(
    terms: TermList, name: str, grade: int, fault: str | None
) -> None:
    assert terms.fault(name, grade) == fault


def test_the_version_has_no_term_for_sinusoidal_obstruction_syndrome(terms: TermList) -> None:
    assert not [name for name in terms.names if "obstruction syndrome" in name.casefold()]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('{ class = "A", grades = "12", terms = ["X", "x"] }', "listed twice"),
        ('{ class = "A", grades = "21", terms = ["X"] }', "rising list"),
        ('{ class = "A", grades = "06", terms = ["X"] }', "rising list"),
    ],
)
def test_a_list_with_a_term_twice_or_an_odd_grade_is_refused(rows: str, words: str) -> None:
    pack = pack_from_text(
        'id = "t"\nversion = "1.0.0"\ntitle = "T"\n[tables.terms]\n'
        'columns = ["class", "grades", "terms"]\nsource = { kind = "assumed" }\n'
        f"rows = [{rows}]\n"
    )
    with pytest.raises(PackError, match=words):
        TermList(pack)
