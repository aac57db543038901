"""Documents that are taken, sent by the client as it is installed."""

import re

import pytest

from shared.database.receipts import PATTERN
from tests.services.assessments.rave.world import (
    COUNTS,
    Rave,
    corrected,
    event,
    form,
    new_child,
    odm,
    subject,
)


@pytest.mark.proves("ASM-6", kind="positive")
def test_a_new_child_comes_with_its_first_forms(rave: Rave) -> None:
    answer = rave.post(odm(new_child(), file_oid="F-1"))
    assert answer.istransactionsuccessful
    assert answer.inboundodmfileoid == "F-1"
    touched = (answer.subjects_touched, answer.folders_touched, answer.forms_touched,
               answer.fields_touched, answer.loglines_touched)  # fmt: skip
    assert touched == (1, 1, 2, 4, 0)
    assert (answer.subjects_in_study, answer.subjects_in_study_site) == (1, 1)
    assert rave.values() == {
        "consent.consent_date": "2024-01-20",
        "consent.assent_due": "false",
        "demographics.birth_month": "2015-06",
        "demographics.sex": "F",
    }


def test_a_correction_keeps_the_reason_that_the_sender_gave(rave: Rave) -> None:
    rave.post(odm(new_child()))
    rave.post(odm(subject(event(form("blood_count", COUNTS)))))
    items = [corrected("neutrophils", "1.5", "AST < 5 Fièvre"), corrected("platelets", "", "gone")]
    rave.post(odm(subject(event(form("BLOOD_COUNT", items)))))
    assert rave.values()["blood_count.neutrophils"] == "1.5"
    assert "blood_count.platelets" not in rave.values()
    reasons = rave.database.rows(
        "SELECT reason, actor FROM assessments.record_version WHERE version = 2"
    )
    assert reasons == [("AST < 5 Fièvre; gone", "rave:edc")]


@pytest.mark.proves("C34", kind="positive")
@pytest.mark.parametrize("file_oid", ["F-1", None])
def test_a_file_is_answered_with_a_receipt(rave: Rave, file_oid: str | None) -> None:
    """With a name, the same file again has the same one; without, it was stored again."""
    told = []
    for _ in range(2):
        rave.post(odm(new_child(doing="Upsert"), file_oid=file_oid))
        told.append(rave.edc.last_result.headers.get("Induct-Receipt"))
    assert re.fullmatch(PATTERN, told[0]), told
    assert told[1] == (told[0] if file_oid else None)
