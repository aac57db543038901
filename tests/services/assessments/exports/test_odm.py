"""ODM 1.3.2 by the official schema, as odmlib brings it."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import odmlib
import pytest
from lxml import etree

from services.assessments.domain.exports.odm import NAMESPACE, OdmSurvey, OdmWriter
from services.assessments.domain.exports.participant import Participant, Variant
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from tests.services.assessments.exports.children import corrected, participant
from tests.services.assessments.exports.support import study
from tests.shared.datasets.support import ABOUT

NS = {"o": NAMESPACE}


@cache
def schema() -> etree.XMLSchema:
    folder = Path(str(odmlib.__file__)).parent / "schemas" / "odm" / "1.3.2"
    return etree.XMLSchema(etree.parse(folder / "ODM1-3-2.xsd"))


def child(arm: str = "INO", variant: Variant = "unblinded") -> Participant:
    """A child with a corrected blood count whose reason is hard to write down."""
    told = participant(study(), arm, variant)
    histories = tuple(
        corrected(history, "Fièvre: AST < 5 & \"quoted\"\nsecond line", platelets=Kept("120"),
                  haemoglobin=None)
        if history.form == "blood_count" and history.visit == "C1D28"
        else history
        for history in told.histories
    )  # fmt: skip
    return replace(told, histories=histories)


def odm(told: Participant, variant: Variant = "unblinded", *, audit: bool = False) -> bytes:
    survey = OdmSurvey()
    survey.look_at(told)
    sight = Sight(study(), sees_arm=variant == "unblinded")
    writer = OdmWriter(sight, replace(ABOUT, variant=variant), survey, audit=audit)
    return writer.start() + writer.subject(told) + writer.end()


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("variant", ["blinded", "unblinded"])
def test_the_file_keeps_the_official_schema(variant: Variant, audit: bool) -> None:
    schema().assertValid(etree.fromstring(odm(child(variant=variant), variant, audit=audit)))


def test_a_snapshot_holds_the_values_in_force_as_they_were_received() -> None:
    root = etree.fromstring(odm(child()))
    found = {
        each.get("ItemOID"): each
        for each in root.iterfind(
            ".//o:StudyEventData[@StudyEventOID='SE.C1D28']//o:ItemData", namespaces=NS
        )
    }
    count = found["IT.blood_count.neutrophils"]
    unit = count.find("o:MeasurementUnitRef", NS)
    assert (count.get("Value"), unit.get("MeasurementUnitOID")) == ("1050", "MU./uL")
    assert found["IT.blood_count.platelets"].get("Value") == "120"
    assert "IT.blood_count.haemoglobin" not in found
    gone = found["IT.blood_count.leukocytes"]
    assert (gone.get("IsNull"), gone.get("Value")) == ("Yes", None)
    assert gone.findtext("o:Annotation/o:Comment", namespaces=NS) == "ND: Sample clotted"


@pytest.mark.proves("C03", kind="positive")
def test_with_the_audit_every_version_is_there_with_who_when_and_why() -> None:
    root = etree.fromstring(odm(child(), audit=True))
    path = ".//o:ItemData[@ItemOID='IT.blood_count.platelets']"
    first, second = [
        each for each in root.iterfind(path, namespaces=NS)
        if each.getparent().getparent().getparent().get("StudyEventOID") == "SE.C1D28"
    ]  # fmt: skip
    assert (first.get("TransactionType"), first.get("Value")) == ("Insert", "<5")
    assert (second.get("TransactionType"), second.get("Value")) == ("Update", "120")
    record = second.find("o:AuditRecord", NS)
    assert [etree.QName(each).localname for each in record] == [
        "UserRef", "LocationRef", "DateTimeStamp", "ReasonForChange", "SourceID"
    ]  # fmt: skip
    assert record.findtext("o:ReasonForChange", namespaces=NS) == (
        'Fièvre: AST < 5 & "quoted"\nsecond line'
    )
    assert record.findtext("o:DateTimeStamp", namespaces=NS).endswith("+00:00")
    removed = root.findall(".//o:ItemData[@TransactionType='Remove']", NS)
    assert [each.get("ItemOID") for each in removed] == ["IT.blood_count.haemoglobin"]


@pytest.mark.proves("C11", kind="oracle")
@pytest.mark.parametrize("audit", [False, True])
def test_blinded_bytes_do_not_depend_on_the_arm(audit: bool) -> None:
    worlds = {odm(child(arm, "blinded"), "blinded", audit=audit) for arm in ("INO", "ALLR3")}
    assert len(worlds) == 1
    assert b"dosing" not in worlds.pop()


@pytest.mark.proves("C03", kind="oracle")
def test_a_stranger_loads_the_metadata(tmp_path: Path) -> None:
    import odmlib.loader as loading
    import odmlib.odm_loader as odm_loading

    file = tmp_path / "odm.xml"
    file.write_bytes(odm(child()))
    loader = loading.ODMLoader(odm_loading.XMLODMLoader())
    loader.open_odm_document(str(file))
    version = loader.MetaDataVersion()
    assert {form.OID for form in version.FormDef} == {form.id for form in study().forms}


def test_a_record_that_was_taken_back_is_in_the_audit_only() -> None:
    told = participant(study(), "INO", "unblinded")
    emptied = tuple(
        corrected(each, "Entered for another child", **dict.fromkeys(each.items()))
        if each.form == "hsct"
        else each
        for each in told.histories
    )
    told = replace(told, histories=emptied)
    assert b'FormOID="hsct"' not in body(odm(told))
    assert b'FormOID="hsct"' in body(odm(told, audit=True))


def body(file: bytes) -> bytes:
    """What is told of children, without the description of the study."""
    return file.partition(b"<ClinicalData")[2]
