"""What is told: numbered within its case or topic, and put down for every endpoint of the topic."""

import uuid
from typing import Protocol

from services.safety.webhooks import repository
from services.safety.webhooks.topics import topic_of
from shared.database.unit_of_work import UnitOfWork


class Word(Protocol):
    """A message whose text lacks nothing but its number within the case or topic."""

    @property
    def message_id(self) -> str: ...
    @property
    def event_type(self) -> str: ...
    def body(self, sequence: int) -> str: ...


def tell(work: UnitOfWork, case_id: uuid.UUID, word: Word) -> None:
    """Tell the desk, in the transaction of what it is told.

    The number is taken whoever listens: each endpoint that is active sees it rise by one, and an
    endpoint that comes later can have what it missed replayed.
    """
    _put_down(work, word, repository.next_sequence(work, case_id), case_id)


def announce(work: UnitOfWork, word: Word) -> None:
    """Tell what is of no case to whoever listens to its topic."""
    _put_down(work, word, repository.next_of_topic(work, topic_of(word.event_type)), None)


def _put_down(work: UnitOfWork, word: Word, sequence: int, case_id: uuid.UUID | None) -> None:
    notice = repository.Notice(
        message=word.message_id,
        event_type=word.event_type,
        topic=topic_of(word.event_type),
        case_id=case_id,
        sequence=sequence,
        body=word.body(sequence),
    )
    repository.add_notice(work, notice)
    repository.enqueue(work, notice)
