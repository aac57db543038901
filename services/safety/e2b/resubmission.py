"""The same reports once more, after a rejection: same cases, new batch number, new instant."""

from dataclasses import replace
from datetime import datetime

from services.safety.e2b.model import Batch, Message
from services.safety.e2b.values import Stamp, instant


def resubmission(batch: Batch, number: str, created: datetime) -> Batch:
    """A batch to be sent again. Day 0 of its cases is not touched by this.

    Raises ``ValueError`` for the old batch number, which an answer could not tell from the new,
    and for an instant without offset.
    """
    if number == batch.n_1_2:
        raise ValueError("a resubmission has a batch number of its own")
    moment = instant(created)
    messages = tuple(_again(message, moment) for message in batch.messages)
    return replace(batch, n_1_2=number, n_1_5=moment, messages=messages)


def _again(message: Message, moment: Stamp) -> Message:
    report = message.report
    told = replace(report, c_1=replace(report.c_1, c_1_2=moment))
    return replace(message, n_2_r_4=moment, report=told)
