"""What the client reads: studies, versions, subjects, datasets, sites, users."""

from typing import Any

import pytest
from lxml import etree
from rwslib import RWSConnection
from rwslib.rws_requests import (
    BuildVersionRequest,
    ClinicalStudiesRequest,
    MetadataStudiesRequest,
    StudyDatasetRequest,
    StudySubjectsRequest,
    StudyVersionRequest,
    StudyVersionsRequest,
    SubjectDatasetRequest,
    TwoHundredRequest,
    VersionDatasetRequest,
    VersionRequest,
)
from rwslib.rws_requests.odm_adapter import SitesMetadataRequest, UsersRequest

from shared import __version__
from tests.services.assessments.rave.test_failures import Address
from tests.services.assessments.rave.world import (
    COUNTS,
    STUDY,
    Rave,
    event,
    form,
    new_child,
    odm,
    subject,
)
from tests.support.pool import Begin

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
DOSE = {"product": "INO", "dose_date": "2024-01-29", "given": "Yes"}


@pytest.fixture
def full(rave: Rave, begin: Begin) -> Rave:
    """Two children at two sites, one of them randomized and dosed."""

    def fill() -> None:
        rave.post(odm(new_child()))
        rave.post(odm(new_child("S02-001", site="S02")))
        rave.trial.randomize()
        rave.post(odm(subject(event(form("blood_count", COUNTS)))))
        rave.post(odm(subject(event(form("dosing", DOSE), visit="C1D1"))))

    begin("two children at two sites, one dosed", fill)
    return rave


def items(text: str) -> dict[str, str]:
    root = etree.fromstring(text.encode())
    return {e.get("ItemOID"): e.get("Value") for e in root.iter(f"{ODM}ItemData")}


def test_what_needs_no_login_is_open_and_tells_nothing(rave: Rave) -> None:
    anybody = RWSConnection(rave.url)
    assert anybody.send_request(VersionRequest()) == __version__
    assert anybody.send_request(BuildVersionRequest()) == __version__
    assert anybody.send_request(TwoHundredRequest()) == "OK"


def test_a_training_study_never_looks_like_production(rave: Rave) -> None:
    (study,) = rave.edc.send_request(ClinicalStudiesRequest())
    assert (study.oid, study.studyname, study.protocolname, study.environment) == (
        f"{STUDY}(DEV)", f"{STUDY} (DEV)", STUDY, "DEV",
    )  # fmt: skip
    assert study.isProd() is False


def test_a_live_study_is_production(rave: Rave) -> None:
    with rave.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.study SET mode = 'live'")
    (study,) = rave.edc.send_request(ClinicalStudiesRequest())
    assert (study.oid, study.environment, study.isProd()) == (f"{STUDY}(Prod)", "", True)


def test_metadata_name_the_study_its_versions_and_its_forms(rave: Rave) -> None:
    (project,) = rave.edc.send_request(MetadataStudiesRequest())
    assert (project.oid, project.environment) == (STUDY, "")
    versions = rave.edc.send_request(StudyVersionsRequest(STUDY))
    assert versions.study.oid == STUDY
    assert [version.oid for version in versions] == ["1"]
    text = rave.edc.send_request(StudyVersionRequest(STUDY, "1"))
    root = etree.fromstring(text.encode())
    forms = {e.get("OID") for e in root.iter(f"{ODM}FormDef")}
    assert forms >= {"consent", "blood_count", "dosing"}
    refs = {e.get("ItemOID") for e in root.iter(f"{ODM}ItemRef")}
    assert refs == {e.get("OID") for e in root.iter(f"{ODM}ItemDef")}
    lists = {e.get("CodeListOID") for e in root.iter(f"{ODM}CodeListRef")}
    assert lists == {e.get("OID") for e in root.iter(f"{ODM}CodeList")}


def test_subjects_come_with_their_site_and_on_request_with_state_and_links(full: Rave) -> None:
    found = full.edc.send_request(StudySubjectsRequest(STUDY, "Prod"))
    assert [(s.subjectkey, s.locationoid) for s in found] == [
        ("S01-001", "S01"),
        ("S02-001", "S02"),
    ]
    (first, _) = full.edc.send_request(
        StudySubjectsRequest(STUDY, "Prod", status=True, links=True, include="inactiveAndDeleted",
                             subject_key_type="SubjectUUID")
    )  # fmt: skip
    assert first.subject_name == "s01-001", "the client keeps the name in small letters"
    open_queries = full.database.rows(
        "SELECT count(*) > 0 FROM assessments.query WHERE subject_id = 'S01-001' AND state = 'open'"
    )
    asked = (first.touched, first.empty, first.requiresanswerquery)
    assert asked == (True, False, open_queries[0][0])
    (link,) = first.links
    path = link.partition("/RaveWebServices/")[2]
    assert "blood_count.neutrophils" in full.edc.send_request(Address(path))


def test_datasets_hold_the_values_that_stand(full: Rave) -> None:
    full.post(odm(subject(event(form("blood_count", {"platelets": None})))))
    text = full.edc.send_request(StudyDatasetRequest(STUDY, "Prod", formoid="BLOOD_COUNT"))
    assert items(text) == {
        "blood_count.sample_date": "2024-01-22",
        "blood_count.neutrophils": "1.05",
    }
    whole = full.edc.send_request(StudyDatasetRequest(STUDY, "Prod", dataset_type="raw"))
    assert items(whole).keys() >= {"consent.consent_date", "dosing.product"}


def test_datasets_can_be_asked_of_a_subject_a_version_and_since_an_instant(full: Rave) -> None:
    one = full.edc.send_request(SubjectDatasetRequest(STUDY, "Prod", "S02-001"))
    assert one.count("<SubjectData") == one.count('SubjectKey="S02-001"') == 2
    same = full.edc.send_request(VersionDatasetRequest(STUDY, "Prod", 1, formoid="blood_count"))
    assert len(items(same)) == 3
    at = full.trial.clock().isoformat()[:19]
    full.post(odm(subject(event(form("blood_count", {"neutrophils": "9"})))))
    since = full.edc.send_request(StudyDatasetRequest(STUDY, "Prod", start=at))
    assert items(since)["blood_count.neutrophils"] == "9"
    later = full.edc.send_request(StudyDatasetRequest(STUDY, "Prod", start="2199-01-01"))
    assert items(later) == {}


def test_a_form_can_be_read_as_csv(full: Rave) -> None:
    text = full.edc.send_request(Address(f"studies/{STUDY}(Prod)/datasets/regular/blood_count.csv"))
    head, *lines = text.splitlines()
    assert head.startswith("Subject,Site,Folder,RecordPosition,sample_date,neutrophils,platelets,")
    assert lines == ["S01-001,S01,SCR,1,2024-01-22,1.05,120,,,"]


def test_sites_and_the_accounts_that_entered_data(full: Rave) -> None:
    sites = etree.fromstring(full.edc.send_request(SitesMetadataRequest(STUDY, "Prod")).encode())
    assert [e.get("OID") for e in sites.iter(f"{ODM}Location")] == ["S01", "S02"]
    users = full.edc.send_request(UsersRequest(STUDY, "Prod", location_oid="S01"))
    root = etree.fromstring(users.encode())
    names = {e.get("OID") for e in root.iter(f"{ODM}User")}
    assert "rave:edc" in names


@pytest.mark.parametrize("role", ["data_manager", "medical_monitor"])
def test_for_a_masked_role_what_tells_the_arm_does_not_exist(full: Rave, role: str) -> None:
    masked = full.connection("masked", role)
    asked: list[Any] = [
        StudyVersionRequest(STUDY, "1"),
        StudyDatasetRequest(STUDY, "Prod"),
        SubjectDatasetRequest(STUDY, "Prod", "S01-001"),
        StudySubjectsRequest(STUDY, "Prod", status=True),
        UsersRequest(STUDY, "Prod"),
    ]
    for request in asked:
        masked.send_request(request)
        text = masked.last_result.text
        assert "dosing" not in text, request.url_path()
        assert "pk_sample" not in text
        assert "INO" not in text
    error: Any = None
    try:
        masked.send_request(StudyDatasetRequest(STUDY, "Prod", formoid="dosing"))
    except Exception as caught:
        error = caught
    unknown: Any = None
    try:
        masked.send_request(StudyDatasetRequest(STUDY, "Prod", formoid="nothing"))
    except Exception as caught:
        unknown = caught
    assert str(error) == str(unknown), "hidden and absent look the same"


def test_a_login_of_one_site_reads_that_site_only(full: Rave) -> None:
    here = full.connection("here", "cra", ["S02"])
    assert [s.subjectkey for s in here.send_request(StudySubjectsRequest(STUDY, "Prod"))] == [
        "S02-001"
    ]
    text = here.send_request(StudyDatasetRequest(STUDY, "Prod"))
    assert 'SubjectKey="S01-001"' not in text
    assert items(here.send_request(StudyDatasetRequest(STUDY, "Prod", formoid="dosing"))) == {}
