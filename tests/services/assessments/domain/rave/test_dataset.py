"""Datasets as a person's spreadsheet and a machine read them."""

import csv
import io

import pytest
from lxml import etree

from services.assessments.domain.kept import Kept
from services.assessments.domain.rave.dataset import Entered, dataset, table
from services.assessments.domain.rave.listing import StudyFacts
from services.assessments.domain.rave.markup import odm
from services.assessments.domain.sight import Sight
from shared.study import StudyDefinition
from tests.support.definitions import shipped

FACTS = StudyFacts("INO", "live", "A trial", ("1.0.0", "1.1.0"))


@pytest.fixture(scope="module")
def definition() -> StudyDefinition:
    return shipped("NCT05748171")


def entered(**values: Kept) -> Entered:
    return Entered("S01-001", "S01", "blood_count", "SCR", 2, "1.1.0", tuple(values.items()))


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-1.5", "-1.5"), ("+3", "+3"),
     ("-1+2", "'-1+2"), ("<5", "<5"), ('a,"b"', 'a,"b"')],
)  # fmt: skip
def test_a_cell_is_no_formula_and_a_number_stays_one(
    definition: StudyDefinition, text: str, cell: str
) -> None:
    lines = table("blood_count", Sight(definition, sees_arm=True), [entered(platelets=Kept(text))])
    head, row = csv.reader(io.StringIO(lines))
    assert dict(zip(head, row, strict=True))["platelets"] == cell


def test_a_value_comes_with_its_unit_and_a_missing_one_with_its_flavour() -> None:
    record = entered(
        neutrophils=Kept("1050", "/uL", "1.05", "10*9/L"),
        platelets=Kept(null_flavour="ND", null_reason="clotted"),
    )
    root = etree.fromstring(
        odm("F", "2024-01-29T10:00:00+00:00", dataset(FACTS, [record])).encode()
    )
    first, second = root.iter("{*}ItemData")
    assert (first.get("ItemOID"), first.get("Value")) == ("blood_count.neutrophils", "1050")
    assert first[0].get("MeasurementUnitOID") == "/uL"
    assert (second.get("IsNull"), second.get("{urn:induct:odm}NullFlavour")) == ("Yes", "ND")
    (clinical,) = root
    assert (clinical.get("StudyOID"), clinical.get("MetaDataVersionOID")) == ("INO(Prod)", "2")
