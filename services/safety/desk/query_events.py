"""What is told of the desk's queries. Neither question nor answer: the desk fetches them."""

from datetime import datetime

from services.safety.domain.ladder import Step
from services.safety.events import Place, Word, case_data, word
from services.safety.repository import Row
from shared.contracts.safety import QueryAnswered, QueryEscalated


def answered(case: Row, query: str, number: int, role: str) -> QueryAnswered:
    return QueryAnswered(
        case_id=str(case["case_id"]),
        case_number=case["case_number"],
        site=case["site_id"],
        query_id=query,
        answer=number,
        role=role,
    )


def escalated(query: Row, step: Step) -> QueryEscalated:
    return QueryEscalated(
        case_id=str(query["case_id"]),
        case_number=query["case_number"],
        site=query["site_id"],
        query_id=query["query_id"],
        step=step.id,
        roles=list(step.roles),
        step_at=step.at,
    )


def word_of_answer(
    event: QueryAnswered, place: Place, first_due_at: datetime | None, at: datetime
) -> Word:
    """A query has an answer; which, the desk reads."""
    data = case_data(place, event, first_due_at) | {
        "query_id": event.query_id,
        "answer": event.answer,
    }
    return word(f"{place.study}/{event.query_id}/answer/{event.answer}", event.type, data, at)


def word_of_escalation(
    event: QueryEscalated, place: Place, first_due_at: datetime | None, at: datetime
) -> Word:
    """A query waits for an answer too long, for the roles named."""
    data = case_data(place, event, first_due_at) | {
        "query_id": event.query_id,
        "step": event.step,
        "roles": event.roles,
    }
    return word(f"{place.study}/{event.query_id}/{event.step}", event.type, data, at)
