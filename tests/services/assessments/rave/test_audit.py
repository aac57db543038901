"""The audit reader of the client replays our whole trail."""

from typing import Any

import pytest
from lxml import etree
from rwslib import RWSConnection
from rwslib.builders import ItemData, MdsolQuery
from rwslib.builders.constants import QueryStatusType
from rwslib.extras.audit_event.main import ODMAdapter

from tests.services.assessments.rave.test_failures import refusal
from tests.services.assessments.rave.world import (
    COUNTS,
    STUDY,
    SUBJECT,
    Rave,
    corrected,
    event,
    form,
    new_child,
    odm,
    subject,
)
from tests.support.pool import Begin

DOSE = {"product": "INO", "dose_date": "2024-01-29", "given": "Yes"}
LONG = "Fièvre & <b>AST</b> " + "é" * 5_000


class Heard:
    """Everything that the reader was told, in order."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def default(self, context: Any) -> None:
        self.all.append(context)


def heard(connection: RWSConnection, **options: Any) -> list[Any]:
    """The stream as the client's adapter replays it, page by page."""
    ear = Heard()
    ODMAdapter(connection, STUDY, "Prod", ear).run(**options)
    return ear.all


def values(stream: list[Any]) -> list[tuple[str, str, str, str | None, str | None]]:
    return [
        (c.subcategory, c.subject.name, c.item.oid, c.item.value, c.audit_record.reason_for_change)
        for c in stream
        if c.item is not None and c.query is None and c.protocol_deviation is None
    ]


@pytest.fixture
def full(rave: Rave, begin: Begin) -> Rave:
    def fill() -> None:
        rave.post(odm(new_child(), new_child("S02-001", site="S02")))
        rave.trial.randomize()
        rave.post(odm(subject(event(form("blood_count", COUNTS)))))
        rave.post(odm(subject(event(form("dosing", DOSE), visit="C1D1"))))
        items = [
            corrected("neutrophils", "1.5", LONG),
            corrected("platelets", None, "not measured"),
        ]
        rave.post(odm(subject(event(form("blood_count", items)))))

    begin("two children, one treated and corrected", fill)
    return rave


@pytest.mark.proves("C10", kind="positive")
def test_every_value_of_the_tables_is_replayed_in_the_order_of_its_entry(full: Rave) -> None:
    told = values(heard(full.edc, per_page=4))
    kept = full.database.rows(
        "SELECT r.subject_id, r.form || '.' || i.item, i.value, v.reason"
        " FROM assessments.item_version i JOIN assessments.record r USING (record_id)"
        " JOIN assessments.record_version v USING (record_id, version)"
        ' ORDER BY v.position, r.record_id::text COLLATE "C", v.version, i.item COLLATE "C"'
    )
    assert [row[1:] for row in told] == kept
    assert ("EnteredWithChangeCode", SUBJECT, "blood_count.neutrophils", "1.5") in [
        row[:4] for row in told
    ]
    assert ("EnteredEmpty", SUBJECT, "blood_count.platelets", None) in [row[:4] for row in told]


def test_a_reason_arrives_whole_whatever_it_holds(full: Rave) -> None:
    reasons = {c.audit_record.reason_for_change for c in heard(full.edc)}
    assert any(text and text.startswith(LONG) for text in reasons)


def test_the_end_of_a_cdata_section_within_a_reason_is_no_end_of_it(full: Rave) -> None:
    items = [corrected("neutrophils", "3", "before ]]> after")]
    full.post(odm(subject(event(form("blood_count", items)))))
    heard(full.edc)
    root = etree.fromstring(full.edc.last_result.text.encode())
    reasons = [e.text for e in root.iter("{http://www.cdisc.org/ns/odm/v1.3}ReasonForChange")]
    # The client itself stops at the second section; every reader of XML has it whole.
    assert "before ]]> after" in reasons


def test_every_record_says_who_where_and_when(full: Rave) -> None:
    stream = heard(full.edc)
    for context in stream:
        record = context.audit_record
        assert record.user_oid
        assert record.location_oid in {"S01", "S02"}
        assert record.datetimestamp.microsecond == 0
        assert context.metadata_version == 1
    assert [c.audit_record.source_id for c in stream] == list(range(1, len(stream) + 1))


def test_a_child_is_created_before_its_data_and_randomized_among_them(full: Rave) -> None:
    stream = [c for c in heard(full.edc) if c.subject.name == SUBJECT]
    assert stream[0].subcategory == "SubjectCreated"
    assert stream[0].subject.status == "screening"
    (status,) = [c for c in stream if c.subcategory == "SubjectStatusChanged"]
    assert status.subject.status == "randomized"
    at = stream.index(status)
    assert stream[at - 1].item.oid.startswith(("consent.", "demographics."))
    assert stream[at + 1].item.oid.startswith("blood_count.")


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pages_of_any_size_tell_the_same_stream(full: Rave, size: int) -> None:
    pages = [c.audit_record.source_id for c in heard(full.edc, per_page=size)]
    assert pages == list(range(1, len(pages) + 1))
    assert len(pages) == len(heard(full.edc))


def test_a_reader_goes_on_where_it_stopped(full: Rave) -> None:
    seen = len(heard(full.edc))
    assert heard(full.edc, start_id=seen + 1) == []
    full.post(odm(subject(event(form("blood_count", {"neutrophils": "7"})))))
    (news,) = values(heard(full.edc, start_id=seen + 1))
    assert news[:4] == ("EnteredWithChangeCode", SUBJECT, "blood_count.neutrophils", "7")


@pytest.mark.proves("C11", kind="negative")
def test_the_stream_of_a_masked_role_has_no_gap_where_dosing_was_entered(full: Rave) -> None:
    masked = full.connection("masked", "data_manager")
    stream = heard(masked)
    numbers = [c.audit_record.source_id for c in stream]
    assert numbers == list(range(1, len(stream) + 1))
    assert not any(c.form is not None and c.form.oid == "dosing" for c in stream)
    every = [row for row in values(heard(full.edc)) if not row[2].startswith("dosing.")]
    assert len(every) > len(COUNTS)
    assert values(stream) == every
    assert '"INO"' not in masked.last_result.text


@pytest.mark.proves("C11", kind="oracle")
def test_bytes_that_a_masked_role_reads_do_not_depend_on_the_arm(full: Rave) -> None:
    masked = full.connection("masked", "data_manager")

    def told() -> str:
        heard(masked)
        text: str = masked.last_result.text
        return text.partition("<ClinicalData")[2]

    before = told()
    other = {"product": "DEX", "dose_date": "2024-01-29", "given": "Yes"}
    full.post(odm(subject(event(form("dosing", other, repeat=2), visit="C1D1"))))
    full.post(odm(subject(event(form("dosing", {"given": "No"}), visit="C1D1"))))
    assert told() == before


def test_a_login_of_one_site_hears_of_that_site_only(full: Rave) -> None:
    here = full.connection("here", "cra", ["S02"])
    stream = heard(here)
    assert {c.subject.name for c in stream} == {"S02-001"}
    assert [c.audit_record.source_id for c in stream] == list(range(1, len(stream) + 1))


def asked(item: str, **query: Any) -> ItemData:
    node = ItemData(item)
    node << MdsolQuery(**query)
    return node


def test_a_query_is_asked_answered_and_closed_and_all_of_it_is_replayed(full: Rave) -> None:
    steps: list[tuple[dict[str, Any], str]] = [
        ({"value": "Please check.", "recipient": "Site", "status": QueryStatusType.Open},
         "QueryOpen"),
        ({"response": "It is so.", "status": QueryStatusType.Answered}, "QueryAnswer"),
        ({"response": "Thank you.", "status": QueryStatusType.Closed}, "QueryClose"),
    ]  # fmt: skip
    for query, subcategory in steps:
        before = len(heard(full.edc))
        full.post(odm(subject(event(form("blood_count", [asked("neutrophils", **query)])))))
        (news,) = [c for c in heard(full.edc, start_id=before + 1) if c.query is not None]
        assert news.subcategory == subcategory
        assert news.query.status == query["status"].value
        assert (news.query.value or news.query.response) == (
            query.get("value") or query.get("response")
        )
        assert news.item.oid == "blood_count.neutrophils"
    error = refusal(lambda: full.post(odm(subject(event(form("blood_count", [
        asked("neutrophils", response="again", status=QueryStatusType.Closed)]))))))  # fmt: skip
    assert error.rws_error.reasoncode == "IND00018", "nothing is open any more"


def test_flags_are_set_taken_back_and_replayed(full: Rave) -> None:
    def flagged(**flags: bool) -> None:
        item = ItemData("neutrophils", **flags)
        full.post(odm(subject(event(form("blood_count", [item])))))

    before = len(heard(full.edc))
    flagged(verify=True)
    flagged(freeze=True)
    flagged(freeze=True)
    flagged(freeze=False)
    flagged(lock=True)
    told = [c.subcategory for c in heard(full.edc, start_id=before + 1)]
    assert told == ["Verify", "Freeze", "UnFreeze", "Lock"]
    error = refusal(lambda: full.post(odm(subject(event(form("blood_count", {"platelets": "1"}))))))
    assert error.rws_error.reasoncode == "IND00035"
    assert "form-locked" in str(error)
    assert refusal(lambda: flagged(lock=False)).rws_error.reasoncode == "IND00035"
