"""Every refusal, as the client as it is installed sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from rwslib import AuthorizationException, RWSConnection, RWSException
from rwslib.builders import ItemData, MeasurementUnitRef
from rwslib.rws_requests import (
    ClinicalStudiesRequest,
    PostDataRequest,
    RWSAuthorizedGetRequest,
    RWSAuthorizedPostRequest,
    StudyDatasetRequest,
    StudySubjectsRequest,
    StudyVersionRequest,
)

from services.assessments.domain.rave.xml import MAX_BYTES
from shared.identity.issuer import Issuer
from tests.services.assessments.rave.world import (
    CONSENT,
    COUNTS,
    DEMOGRAPHICS,
    STUDY,
    Rave,
    Server,
    event,
    form,
    new_child,
    odm,
    subject,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin

SUBJECT_AT = "/ODM/ClinicalData[1]/SubjectData[1]"
EVENT_AT = f"{SUBJECT_AT}/StudyEventData[1]"
FORM_AT = f"{EVENT_AT}/FormData[1]"
GROUP_AT = f"{FORM_AT}/ItemGroupData[1]"
ITEM_AT = f"{GROUP_AT}/ItemData[1]"


class Address(RWSAuthorizedGetRequest):
    """Any address under the prefix."""

    def __init__(self, path: str) -> None:
        self._path = path

    def url_path(self) -> str:
        return self._path


class PostTo(RWSAuthorizedPostRequest):
    def __init__(self, path: str) -> None:
        self._path = path

    def url_path(self) -> str:
        return self._path


def counts(**changes: Any) -> Any:
    return odm(subject(event(form("blood_count", COUNTS | changes))))


def explicit(doing: str, *, of_form: str | None = None) -> Any:
    item = ItemData("neutrophils", "2", transaction_type=doing)
    return odm(subject(event(form("blood_count", [item], doing=of_form))))


def measured(unit: str) -> Any:
    item = ItemData("neutrophils", "2")
    item << MeasurementUnitRef(unit)
    return odm(subject(event(form("blood_count", [ItemData("sample_date", "2024-01-22"), item]))))


# What is sent where one child is there with consent and demographics, and how it is refused:
# status, reason code, place.
REFUSED: dict[str, tuple[Callable[[], Any], int, str, str]] = {
    "no XML": (lambda: "Nothing of the kind", 400, "RWS00010", ""),
    "cut off": (lambda: str(counts())[:-40], 400, "RWS00010", ""),
    "empty": (lambda: "", 400, "RWS00010", ""),
    "a document type": (lambda: "<!DOCTYPE ODM><ODM/>", 400, "IND00001", ""),
    "no ODM": (lambda: "<Other/>", 400, "IND00002", "/"),
    "no subject": (odm, 400, "IND00002", "/ODM"),
    "too large": (lambda: f"<ODM>{' ' * MAX_BYTES}</ODM>", 413, "IND00003", ""),
    "too deep": (lambda: "<ODM>" * 30 + "</ODM>" * 30, 400, "IND00004", ""),
    "a strange encoding": (
        lambda: '<?xml version="1.0" encoding="utf-7"?><ODM/>', 400, "IND00005", ""),
    "another study": (lambda: odm(new_child("S01-002"), study="INO"), 404, "RWS00014",
                      "/ODM/ClinicalData[1]"),
    "the same child again": (lambda: odm(new_child()), 409, "RWS00024", SUBJECT_AT),
    "a child that is not there": (
        lambda: odm(subject(event(form("consent", CONSENT)), key="S01-009")),
        404, "IND00010", SUBJECT_AT),
    "a child of another site": (lambda: odm(subject(site="S02")), 409, "IND00012", SUBJECT_AT),
    "a site that is not there": (
        lambda: odm(new_child("S09-001", site="S09")), 404, "IND00011", SUBJECT_AT),
    "a new child without its facts": (
        lambda: odm(subject(key="S01-003", doing="Insert")), 422, "IND00014", SUBJECT_AT),
    "a child removed": (lambda: odm(subject(doing="Remove")), 422, "IND00015", SUBJECT_AT),
    "a value under Context": (lambda: explicit("Context"), 422, "IND00016", ITEM_AT),
    "an item inserted twice": (
        lambda: odm(subject(event(form("consent", [
            ItemData("consent_date", "2024-01-20", transaction_type="Insert")])))),
        409, "IND00017", ITEM_AT),
    "a form inserted twice": (
        lambda: odm(subject(event(form("consent", CONSENT, doing="Insert")))),
        409, "IND00017", FORM_AT),
    "an event inserted twice": (
        lambda: odm(subject(event(form("consent", CONSENT), doing="Insert"))),
        409, "IND00017", EVENT_AT),
    "an item updated that is not there": (lambda: explicit("Update"), 409, "IND00018", ITEM_AT),
    "a form updated that is not there": (
        lambda: explicit("Upsert", of_form="Update"), 409, "IND00018", FORM_AT),
    "a repeat of what does not repeat": (
        lambda: odm(subject(event(form("consent", CONSENT, repeat=2)))),
        422, "IND00019", GROUP_AT),
    "a specification without a place": (
        lambda: odm(subject(event(form("consent", [
            ItemData("consent_date", "2024-01-20", specify_value="other")])))),
        422, "IND00020", ITEM_AT),
    "an unknown form": (
        lambda: odm(subject(event(form("nothing", COUNTS)))), 422, "IND00030", FORM_AT),
    "an unknown folder": (
        lambda: odm(subject(event(form("consent", CONSENT), visit="NOWHERE"))),
        422, "IND00031", EVENT_AT),
    "an unknown field": (lambda: odm(subject(event(form("consent", {"x": "1"})))),
                         422, "IND00032", ITEM_AT),
    "a value of another type": (
        lambda: counts(neutrophils="many"), 422, "IND00033", f"{GROUP_AT}/ItemData[2]"),
    "an unknown unit": (
        lambda: measured("furlong"), 422, "IND00033", f"{GROUP_AT}/ItemData[2]"),
    "a value that tells the birth date": (
        lambda: odm(subject(event(form("adverse_event", {
            "term": "Fall on 14.6.2015", "start_date": "2024-02-03", "serious": "No"}, repeat=1),
            visit="UNSCHEDULED"))),
        422, "IND00033", f"{GROUP_AT}/ItemData[1]"),
    "a form before its time": (
        lambda: odm(subject(event(form("dosing", {
            "product": "INO", "dose_date": "2024-01-29", "given": "Yes"}), visit="C1D1"))),
        409, "IND00035", GROUP_AT),
}  # fmt: skip


@pytest.fixture
def child(rave: Rave, begin: Begin) -> Rave:
    begin("a child", lambda: rave.post(odm(new_child())) and None)
    return rave


def refusal(sent: Callable[[], Any]) -> Any:
    with pytest.raises(RWSException) as caught:
        sent()
    return caught.value


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_document_reaches_the_client_with_code_place_and_words(
    child: Rave, what: str
) -> None:
    document, status, code, place = REFUSED[what]
    before = child.trial.stored()
    error = refusal(lambda: child.post(document()))
    told = error.rws_error
    assert (told.reasoncode, told.error_origin_location) == (code, place), str(error)
    assert told.error_client_response_message
    assert str(error) == told.errordescription
    assert told.istransactionsuccessful is False
    last = child.edc.last_result
    assert last.status_code == status
    assert last.content.startswith(b"<Response ")
    assert last.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert child.trial.stored() == before, "a refused document leaves nothing behind"


def test_what_was_observed_after_a_withdrawal_is_refused_and_what_came_before_is_taken(
    child: Rave,
) -> None:
    left = {"withdrawal_date": "2024-01-23", "scope": "STUDY"}
    child.post(odm(subject(event(form("withdrawal", left), visit="UNSCHEDULED"))))
    assert child.post(odm(subject(event(form("blood_count", COUNTS))))).istransactionsuccessful
    before = child.trial.stored()
    late = form("blood_count", COUNTS | {"sample_date": "2024-01-24"}, repeat=2)
    error = refusal(lambda: child.post(odm(subject(event(late)))))
    assert error.rws_error.reasoncode == "IND00035"
    assert child.edc.last_result.status_code == 409
    assert child.trial.stored() == before


def test_a_new_child_is_refused_with_the_items_that_are_missing_or_cannot_be_read(
    child: Rave,
) -> None:
    facts = form("demographics", DEMOGRAPHICS | {"birth_month": "June", "sex": "F"})
    error = refusal(lambda: child.post(odm(subject(event(facts), key="S01-003", doing="Insert"))))
    told = error.rws_error.error_client_response_message
    assert told.endswith("Missing or unreadable: consent.consent_date, birth_month.")


def test_no_value_that_was_sent_is_repeated_by_a_refusal(child: Rave) -> None:
    refusal(lambda: child.post(counts(neutrophils="SECRET-42")))
    assert "SECRET-42" not in child.edc.last_result.text


def test_all_faults_are_told_under_the_reference_of_the_answer(child: Rave) -> None:
    document = counts(neutrophils="many", platelets="few", sample_date="never")
    error = refusal(lambda: child.post(document))
    told = child.edc.send_request(Address(f"reports/{error.rws_error.referencenumber}"))
    for number in (1, 2, 3):
        assert f'"location": "{GROUP_AT}/ItemData[{number}]"' in told
    other = child.connection("other", "edc")
    reference = f"reports/{error.rws_error.referencenumber}"
    assert (
        refusal(lambda: other.send_request(Address(reference))).rws_error.reasoncode == "IND00041"
    )


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (Address("nothing/of/the/kind"), 404, "IND00041"),
        (Address("studies/"), 404, "IND00041"),
        (Address("reports/none"), 404, "IND00041"),
        (PostTo("studies"), 405, "IND00042"),
        (PostTo("webservice.aspx?CacheFlush"), 404, "IND00041"),
        (Address("webservice.aspx?PostODMClinicalData"), 405, "IND00042"),
        (StudySubjectsRequest("INO", "Prod"), 404, "RWS00014"),
        (StudyDatasetRequest(STUDY, "Prod", formoid="nothing"), 422, "IND00030"),
        (StudyVersionRequest(STUDY, "99"), 404, "RWS00092"),
        (Address("datasets/ClinicalAuditRecords.odm"), 422, "IND00043"),
        (Address(f"datasets/ClinicalAuditRecords.odm?studyoid={STUDY}&startid=x"), 422, "IND00043"),
        (Address(f"studies/{STUDY}/datasets/regular?start=never"), 422, "IND00043"),
    ],
)  # fmt: skip
def test_whatever_the_framework_or_a_read_refuses_is_a_response_too(
    rave: Rave, request_: Any, status: int, code: str
) -> None:
    error = refusal(lambda: rave.edc.send_request(request_))
    assert (rave.edc.last_result.status_code, error.rws_error.reasoncode) == (status, code)
    assert rave.edc.last_result.history == [], "nothing is redirected"


def test_who_sends_no_credentials_is_told_in_the_words_that_the_client_knows(rave: Rave) -> None:
    nobody = RWSConnection(rave.url)
    with pytest.raises(AuthorizationException, match="Authorization Header not provided"):
        nobody.send_request(ClinicalStudiesRequest())
    assert nobody.last_result.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(("user", "secret"), [("edc", "wrong"), ("nobody", "wrong"), ("", "")])
def test_wrong_credentials_are_refused_as_rave_does(rave: Rave, user: str, secret: str) -> None:
    wrong = RWSConnection(rave.url, user, secret)
    error = refusal(lambda: wrong.send_request(ClinicalStudiesRequest()))
    assert error.rws_error.reasoncode == "RWS00008"
    assert wrong.last_result.status_code == 401


@pytest.mark.parametrize("header", ["Bearer x.y.z", "Basic", "Basic !!!", "Basic bm8tY29sb24="])
def test_a_header_that_is_no_basic_credential_is_refused(rave: Rave, header: str) -> None:
    class Spoiled(ClinicalStudiesRequest):  # type: ignore[misc]
        requires_authorization = False

    strange = RWSConnection(rave.url)
    error = refusal(lambda: strange.send_request(Spoiled(), headers={"Authorization": header}))
    assert error.rws_error.reasoncode == "RWS00008"


@pytest.mark.proves("C22", kind="negative")
def test_a_revoked_credential_ends_with_the_next_request(rave: Rave) -> None:
    from infra.database import rave_users

    assert rave.edc.send_request(ClinicalStudiesRequest())
    rave_users.revoke(rave.database.url("induct_migrator"), "edc", STUDY)
    error = refusal(lambda: rave.edc.send_request(ClinicalStudiesRequest()))
    assert error.rws_error.reasoncode == "RWS00008"


def test_who_may_only_read_may_not_send(rave: Rave) -> None:
    reader = rave.connection("reader", "data_manager")
    error = refusal(lambda: rave.post(odm(new_child()), reader))
    assert (reader.last_result.status_code, error.rws_error.reasoncode) == (403, "IND00040")


def test_a_database_that_is_away_is_worth_another_try_and_never_a_500(issuer: Issuer) -> None:
    nowhere = TestDatabase("nowhere", "postgresql://nobody@127.0.0.1:1/nowhere")
    api = ApiClient("assessments", nowhere, issuer, sandbox=True, pool_size=1)
    server = Server(api.app)
    server.start()
    try:
        away = RWSConnection(server.url, "edc", "secret")
        error = refusal(lambda: away.send_request(PostDataRequest(str(odm(new_child())))))
    finally:
        server.stop()
        api.close()
    assert (away.last_result.status_code, error.rws_error.reasoncode) == (503, "IND00050")
    assert away.last_result.headers["Retry-After"] == "1"


def test_a_fault_of_ours_is_a_response_that_says_nothing_of_it(
    rave: Rave, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.assessments.rave import post_service

    def broken(*_: Any) -> None:
        raise RuntimeError("SECRET-42")

    monkeypatch.setattr(post_service, "plan", broken)
    error = refusal(lambda: rave.post(odm(new_child())))
    assert (rave.edc.last_result.status_code, error.rws_error.reasoncode) == (503, "IND00051")
    assert "SECRET" not in rave.edc.last_result.text
