"""Answers to an invented batch of two reports, as data and as bytes."""

from services.safety.e2b.acknowledgement.answers import (
    BatchAnswer,
    BatchCode,
    MessageAnswer,
    MessageCode,
)
from services.safety.e2b.acknowledgement.matching import Sent, Submission
from services.safety.e2b.values import Stamp

CREATED = Stamp("20260407101500+0200")
FIRST = Sent("CZ-INDUCT-1", "CZ-INDUCT-1", CREATED)
SECOND = Sent("CZ-INDUCT-2", "CZ-INDUCT-2", CREATED)
SUBMISSION = Submission("BATCH-1", (FIRST, SECOND))


def row(code: MessageCode, sent: Sent = FIRST, text: str | None = None) -> MessageAnswer:
    return MessageAnswer(sent.case, code, sent.created, "1", text)


def answer(code: BatchCode, *rows: MessageAnswer, batch: str = "BATCH-1") -> BatchAnswer:
    return BatchAnswer(batch, code, number="7", messages=rows)


_ROW = """<MCCI_IN000002UV01><id extension="1" root="2.16.840.1.113883.3.989.2.1.3.19"/>
<attentionLine><keyWordText code="1"/><value value="{created}"/></attentionLine>
<acknowledgement typeCode="{code}"><targetMessage>
<id extension="{target}" root="2.16.840.1.113883.3.989.2.1.3.1"/></targetMessage>
<acknowledgementDetail><text>{text}</text></acknowledgementDetail></acknowledgement>
</MCCI_IN000002UV01>"""
_BATCH = """<MCCI_IN200101UV01 xmlns="urn:hl7-org:v3">{rows}
<acknowledgement typeCode="{code}"><targetBatch>
<id extension="{batch}" root="2.16.840.1.113883.3.989.2.1.3.22"/></targetBatch>
</acknowledgement></MCCI_IN200101UV01>"""


def as_bytes(answered: BatchAnswer) -> bytes:
    rows = "".join(
        _ROW.format(
            created="" if one.created is None else one.created.text,
            code=one.code,
            target=one.target,
            text=one.text or "",
        )
        for one in answered.messages
    )
    return _BATCH.format(rows=rows, code=answered.code, batch=answered.batch).encode()
