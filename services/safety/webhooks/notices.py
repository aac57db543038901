"""What is told of a case: numbered within it, and put down for every active endpoint."""

import uuid
from typing import Protocol

from services.safety.webhooks import repository
from shared.database.unit_of_work import UnitOfWork


class Word(Protocol):
    """A message whose text lacks nothing but its number within the case."""

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
    sequence = repository.next_sequence(work, case_id)
    told = word.body(sequence)
    repository.add_notice(work, case_id, sequence, word.message_id, word.event_type, told)
    repository.enqueue(work, word.message_id, word.event_type, told)
