"""What persons do with queries, and what they see of queries and deviations."""

from datetime import datetime

from services.assessments import (
    errors,
    known_repository,
    query_events,
    query_repository,
    query_view_repository,
    repository,
)
from services.assessments.domain.faults import Fault
from services.assessments.domain.history import seen
from services.assessments.domain.identifiers import in_text
from services.assessments.domain.queries import Question as Raised
from services.assessments.domain.query_states import Action, IllegalStepError, after
from services.assessments.domain.visibility import names_seen
from services.assessments.query_schemas import (
    Deviation,
    Deviations,
    Queries,
    Query,
    QueryDetail,
    QueryEvent,
    Question,
)
from services.assessments.query_view_repository import Row
from services.assessments.sights import sight_of
from services.assessments.subject_repository import find_subject, lock_subject
from services.assessments.subject_service import found, invalid
from services.assessments.submission_repository import Source
from services.assessments.submission_service import close_submission, open_submission
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent
from shared.http.refusals import pointer

SOURCE = Source("query")


def raise_query(work: UnitOfWork, subject: str, record: str, body: Question) -> QueryDetail:
    """Ask a site about a record. Raises ``NotFound``, ``InvalidContent`` for an unknown item."""
    owner = found(lock_subject(work, subject))
    sight = sight_of(work)
    history = repository.find_history(work, subject, record, repository.last_position(work))
    shown = found(None if history is None else seen(history, sight))
    form = sight.form(shown.form)
    if body.item is not None and (form is None or body.item not in sight.items(form)):
        raise invalid([Fault(("item",), "unknown-item", "the form has no such item")])
    _check_text(body.text, owner["birth_year_month"])
    work.because("query")
    submission = open_submission(work)
    on_item = [] if body.item is None else [f"{shown.form}.{body.item}"]
    question = Raised(
        record_id=record,
        form=shown.form,
        item=body.item,
        origin="person",
        check_id=None,
        check_version=None,
        severity="query",
        rests_on=(shown.form, *on_item),
        seen_values=None,
        message=body.text,
        record_version=history.latest.number if history else None,
    )
    raised = query_repository.raise_all(work, owner["site_id"], subject, [question], submission)
    query_events.tell(work, subject, owner["site_id"], raised)
    close_submission(work, submission, SOURCE)
    return read_query(work, raised[0]["query_id"], None)


def step(work: UnitOfWork, query: str, action: Action, words: str) -> QueryDetail:
    """Answer, close, cancel or reopen a query.

    Raises ``NotFound``, and ``QueryStep`` where its state does not allow that: also a reopening
    while the same check asks the same anew.
    """
    names = names_seen(sight_of(work))
    row = found(query_view_repository.find_query(work, query, names))
    owner = found(lock_subject(work, row["subject_id"]))
    _check_text(words, owner["birth_year_month"])
    # Read anew behind the lock: another step may have come first.
    row = found(query_view_repository.find_query(work, query, names))
    try:
        state = after(row["state"], action)
    except IllegalStepError as illegal:
        raise errors.QueryStep(str(illegal)) from None
    if action == "reopen" and _asked_again(work, row):
        raise errors.QueryStep("The check asks this anew, in another query.")
    work.because(action if action == "answer" else words)
    submission = open_submission(work)
    sent = {
        "query_id": query,
        "action": action,
        "state": state,
        "message": words,
        "record_version": None,
    }
    moved = query_repository.step_all(work, [sent], submission)
    query_events.tell(work, row["subject_id"], row["site_id"], moved)
    close_submission(work, submission, SOURCE)
    return read_query(work, query, None)


def _check_text(text: str, born: str) -> None:
    faults = list(in_text(("text",), text, born))
    if faults:
        raise invalid(faults)


def read_query(work: UnitOfWork, query: str, at: datetime | None) -> QueryDetail:
    """A query with its steps, now or as of an instant."""
    _check_past(work, at)
    row = found(query_view_repository.find_query(work, query, names_seen(sight_of(work)), at))
    events = query_view_repository.events_of(work, query, at)
    return QueryDetail(
        **dict(_query(row)),
        events=[
            QueryEvent(
                number=event["number"],
                action=event["action"],
                state=event["state"],
                text=event["message"],
                actor=event["actor"],
                role=event["actor_role"],
                recorded_at=event["recorded_at"],
            )
            for event in events
        ],
    )


def list_queries(
    work: UnitOfWork, page: Page, at: datetime | None, **filters: str | None
) -> Queries:
    """Queries within reach, now or as of an instant; filters: subject, state, form."""
    _check_past(work, at)
    if filters.get("subject") is not None:
        found(find_subject(work, str(filters["subject"])))
    names = names_seen(sight_of(work))
    rows = query_view_repository.list_queries(work, names, at, page, **filters)
    return Queries(items=[_query(row) for row in page.cut(rows)], next=page.next(rows, "query_id"))


def list_deviations(
    work: UnitOfWork, page: Page, at: datetime | None, **filters: str | int | bool | None
) -> Deviations:
    """Departures from the protocol within reach, as they stand now or stood at an instant."""
    _check_past(work, at)
    names = names_seen(sight_of(work))
    rows = query_view_repository.list_deviations(work, names, at, page, **filters)
    return Deviations(
        items=[_deviation(row) for row in page.cut(rows)], next=page.next(rows, "deviation_id")
    )


def _asked_again(work: UnitOfWork, row: Row) -> bool:
    if row["check_id"] is None:
        return False
    about = (row["record_id"], row["item"], row["check_id"])
    known = known_repository.known(work, [row["subject_id"]])[row["subject_id"]]
    return any(
        each.outstanding
        and each.query_id != row["query_id"]
        and (each.record_id, each.item, each.check_id) == about
        for each in known.asked[row["origin"]]
    )


def _check_past(work: UnitOfWork, at: datetime | None) -> None:
    """Wait for writers that took their position by then. ``InvalidContent`` where it is to come."""
    if at is not None and repository.position_at(work, at) is None:
        where = pointer(("query", "as_of"))
        fault = FieldError(where, "in-the-future", "This instant has not come yet.")
        raise InvalidContent(errors=[fault])


def _query(row: Row) -> Query:
    names = (
        "query_id", "record_id", "form", "visit", "repeat", "item", "origin", "check_id",
        "check_version", "severity", "state", "raised_by", "raised_at", "last_action", "changed_at",
    )  # fmt: skip
    return Query(
        subject=row["subject_id"],
        site=row["site_id"],
        text=row["message"],
        **{name: row[name] for name in names},
    )


def _deviation(row: Row) -> Deviation:
    names = (
        "deviation_id", "record_id", "form", "visit", "item", "kind", "source_id",
        "source_version", "days_out", "observed_on", "standing", "noted_at",
    )  # fmt: skip
    return Deviation(
        subject=row["subject_id"],
        site=row["site_id"],
        text=row["message"],
        **{name: row[name] for name in names},
    )
