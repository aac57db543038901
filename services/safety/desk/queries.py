"""Queries of the desk: listed, answered, and told of again where nobody answers."""

import uuid

from services.safety import errors, obligation_service, version_service
from services.safety import repository as cases
from services.safety.desk import query_events, query_repository, repository
from services.safety.desk.schemas import DeskFile, DeskQueries, DeskQuery, QueryAnswer
from services.safety.domain.query_windows import query_steps
from services.safety.repository import Row
from services.safety.unblinded_repository import note_logged_read
from services.safety.webhooks.notices import tell
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import NotFound


def list_queries(work: UnitOfWork, state: str | None, page: Page) -> DeskQueries:
    """What the desk asked of the cases in reach, page by page."""
    note_logged_read(work, "safety.list_desk_queries", "queries")
    rows = query_repository.listed(work, state, page.after, page.limit + 1)
    return DeskQueries(
        items=[_shown(row) for row in page.cut(rows)], next=page.next(rows, "query_id")
    )


def read_file(work: UnitOfWork, number: str) -> DeskFile:
    """What the desk's system says of a case beside its content: its number, its queries."""
    case = version_service.found(cases.find_case(work, number))
    note_logged_read(work, "safety.read_desk_file", number)
    return DeskFile(
        case_number=number,
        desk_number=repository.number_of(work, case["case_id"]),
        queries=[_shown(row) for row in query_repository.of_case(work, case["case_id"])],
    )


def answer_query(work: UnitOfWork, number: str, body: QueryAnswer) -> DeskQuery:
    """Answer a query about a case; the desk is told that there is one, and fetches it.

    The case itself is changed by its own calls. Raises ``NotFound``, ``QueryClosed``.
    """
    case = version_service.found(cases.lock_case(work, number))
    query = _of(work, case, body.query_id)
    if query["closed_at"] is not None:
        raise errors.QueryClosed
    work.because("answer to a query of the desk")
    ordinal = len(query["answers"]) + 1
    query_repository.answer(work, case, body.query_id, ordinal, body.answer)
    event = query_events.answered(case, body.query_id, ordinal, work.principal.role)
    publish(work, event)
    place = obligation_service.place_of(work, case)
    first_due = obligation_service.first_due(work, case)
    tell(work, case["case_id"], query_events.word_of_answer(event, place, first_due, work.now))
    return _shown(_of(work, case, body.query_id))


def due(work: UnitOfWork) -> dict[uuid.UUID, str]:
    """The cases with a query of which a step is due, by their numbers."""
    return {
        row["case_id"]: row["case_number"]
        for row in query_repository.unanswered(work)
        if query_steps(row["raised_at"], work.now, frozenset(row["taken"]))
    }


def sweep(work: UnitOfWork, case_id: uuid.UUID) -> int:
    """Take every step that is due for a query about the case without an answer; how many."""
    count = 0
    for row in query_repository.unanswered(work, case_id):
        for step in query_steps(row["raised_at"], work.now, frozenset(row["taken"])):
            event = query_events.escalated(row, step)
            place = obligation_service.place_of(work, row)
            first_due = obligation_service.first_due(work, row)
            word = query_events.word_of_escalation(event, place, first_due, work.now)
            work.because(f"query {step.id}")
            if query_repository.take(work, row, step, word.message_id):
                publish(work, event)
                tell(work, row["case_id"], word)
                count += 1
    return count


def _of(work: UnitOfWork, case: Row, query: str) -> Row:
    for row in query_repository.of_case(work, case["case_id"]):
        if row["query_id"] == query:
            return row
    raise NotFound


def _shown(row: Row) -> DeskQuery:
    return DeskQuery(
        query_id=row["query_id"],
        case_number=row["case_number"],
        site=row["site_id"],
        event=row["event"],
        question=row["question"],
        raised_at=row["raised_at"],
        answers=row["answers"],
        closed_at=row["closed_at"],
        closing=row["closing"],
    )
