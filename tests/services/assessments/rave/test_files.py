"""A file is taken once, in its order, and answered the same for ever."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rwslib import RWSConnection, RWSException
from rwslib.rws_requests import PostDataRequest

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


def sent(rave: Rave, document: Any, prior: str | None = None) -> str:
    """The bare answer to a document; ``prior`` is the file that must have come before."""
    text = str(document)
    if prior is not None:
        text = text.replace("<ODM ", f'<ODM PriorFileOID="{prior}" ', 1)
    rave.post(text)
    body: str = rave.edc.last_result.text
    return body


def refused(rave: Rave, document: Any, prior: str | None = None) -> tuple[int, str]:
    with pytest.raises(RWSException) as caught:
        sent(rave, document, prior)
    return rave.edc.last_result.status_code, caught.value.rws_error.reasoncode


def test_the_same_file_built_anew_is_answered_from_the_first_time(rave: Rave) -> None:
    first = sent(rave, odm(new_child(), file_oid="F-1"))
    before = rave.trial.stored()
    later = odm(new_child(), file_oid="F-1")
    later.creationdatetime = "2030-01-01T00:00:00"
    assert sent(rave, later) == first
    assert sent(rave, str(later).replace("\n", "\n\n   ")) == first, "layout is no content"
    assert rave.trial.stored() == before


def test_a_file_name_with_other_content_is_refused(rave: Rave) -> None:
    sent(rave, odm(new_child(), file_oid="F-1"))
    assert refused(rave, odm(new_child("S01-002"), file_oid="F-1")) == (409, "IND00007")


def test_file_names_of_two_senders_are_their_own(rave: Rave) -> None:
    sent(rave, odm(new_child(), file_oid="F-1"))
    other = rave.connection("other", "edc")
    assert rave.post(odm(new_child("S01-002"), file_oid="F-1"), other).istransactionsuccessful


def test_a_file_waits_for_the_one_that_it_names_before_it(rave: Rave) -> None:
    counts = odm(subject(event(form("blood_count", COUNTS))), file_oid="F-2")
    assert refused(rave, counts, prior="F-1") == (409, "IND00008")
    sent(rave, odm(new_child(), file_oid="F-1"))
    first = sent(rave, counts, prior="F-1")
    assert sent(rave, counts, prior="F-1") == first


def test_a_refused_file_can_be_mended_and_sent_under_its_name(rave: Rave) -> None:
    spoiled = odm(new_child(site="S09"), file_oid="F-1")
    assert refused(rave, spoiled) == (404, "IND00011")
    assert 'InboundODMFileOID="F-1"' in rave.edc.last_result.text
    assert 'IsTransactionSuccessful="1"' in sent(rave, odm(new_child(), file_oid="F-1"))


def test_a_file_without_a_name_is_said_to_have_none_and_is_taken_as_often_as_it_comes(
    rave: Rave,
) -> None:
    sent(rave, odm(new_child()))
    text = str(odm(subject(event(form("blood_count", COUNTS))), file_oid="GONE"))
    nameless = text.replace(' FileOID="GONE"', "")
    assert 'InboundODMFileOID="Not Supplied"' in sent(rave, nameless)
    before = rave.trial.stored()
    assert 'IsTransactionSuccessful="1"' in sent(rave, nameless)
    assert rave.trial.stored()[:3] == before[:3], "equal values change nothing"


def test_a_document_is_taken_whole_or_not_at_all(rave: Rave) -> None:
    before = rave.trial.stored()
    spoiled = subject(event(form("consent", {"consent_date": "never"})), key="S01-002")
    document = odm(new_child(), new_child("S01-002"), spoiled)
    status, _ = refused(rave, document)
    assert status == 422
    assert rave.trial.stored() == before


def test_one_file_posted_fifty_times_at_once_has_one_effect_and_one_answer(rave: Rave) -> None:
    document = str(odm(new_child(), file_oid="F-1"))
    secret = rave.edc.auth[1]

    def post(_: int) -> tuple[int, str]:
        connection = RWSConnection(rave.url, "edc", secret)
        connection.send_request(PostDataRequest(document))
        return connection.last_result.status_code, connection.last_result.text

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(post, range(50)))
    assert len(answers) == 1
    ((status, body),) = answers
    assert status == 200
    assert 'IsTransactionSuccessful="1"' in body
    counted = rave.database.rows(
        "SELECT (SELECT count(*) FROM assessments.subject), (SELECT count(*) FROM"
        " assessments.record), (SELECT count(*) FROM assessments.item_version),"
        " (SELECT count(*) FROM assessments.submission WHERE kind = 'rave'),"
        " (SELECT count(*) FROM assessments.rave_file)"
    )
    assert counted == [(1, 2, 4, 1, 1)]


def test_what_a_sender_tells_of_its_own_audit_is_kept_as_evidence(rave: Rave) -> None:
    from tests.services.assessments.rave.world import corrected

    sent(rave, odm(new_child(), file_oid="F-1"))
    items = [corrected("assent_due", "Yes", "asked again")]
    sent(rave, odm(subject(event(form("consent", items))), file_oid="F-2"))
    ((kept, actor),) = rave.database.rows(
        "SELECT f.sources -> 0 -> 'content', v.actor FROM assessments.rave_file f,"
        " assessments.record_version v WHERE f.file_oid = 'F-2' AND v.version = 2"
    )
    assert kept == {
        "UserRef": "someone@edc",
        "LocationRef": "S01",
        "DateTimeStamp": "2024-01-21T10:00:00",
        "ReasonForChange": "asked again",
        "SourceID": "77",
    }
    assert actor == "rave:edc", "actor and time of our trail are ours"


def test_a_live_study_takes_no_file_of_another_environment(rave: Rave) -> None:
    with rave.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.study SET mode = 'live'")
    assert refused(rave, odm(new_child(), environment="DEV")) == (404, "RWS00014")
    assert 'IsTransactionSuccessful="1"' in sent(rave, odm(new_child()))


@pytest.mark.parametrize("oid", [STUDY, f"{STUDY}(Prod)", f"{STUDY} (DEV)", f"{STUDY}(DEV)"])
def test_a_study_is_found_by_every_spelling_of_its_oid(rave: Rave, oid: str) -> None:
    text = str(odm(new_child())).replace(f'StudyOID="{STUDY}"', f'StudyOID="{oid}"')
    assert rave.post(text).istransactionsuccessful
