"""A case whose reports go to a gateway and are answered, for tests."""

from pathlib import Path
from typing import Any

from services.safety.e2b.acknowledgement.answers import (
    BatchAnswer,
    BatchCode,
    MessageAnswer,
    MessageCode,
)
from services.safety.e2b.gateway import FolderDrop
from services.safety.e2b.parse import parse
from services.safety.handoff_handlers import send_waiting
from shared.clock import SimulatedClock
from tests.services.safety.e2b.acknowledgement.answers import as_bytes
from tests.services.safety.life import Life, on
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]
XML = {"Content-Type": "application/xml"}
# What the sponsor knows and the public record does not.
SENDER = {
    "kind": "1", "organisation": "Sponsor", "department": "Safety", "title": "Dr",
    "given_name": "Jana", "family_name": "Novakova", "street": "1 Long Street", "city": "Praha",
    "state": "PR", "postcode": "11000", "country": "CZ", "telephone": "420111111",
    "fax": "420111112", "email": "safety@sponsor.example",
}  # fmt: skip


class Desk(Life):
    """A life with a look at what is stored."""

    def __init__(self, api: ApiClient, report: Body, database: TestDatabase) -> None:
        super().__init__(api, report)
        self.database = database


def owed(life: Desk, clock: str = "eu_susar_other") -> str:
    (found,) = (o for o in life.read(at=on(1))["obligations"] if o["clock"] == clock)
    return str(found["obligation_id"])


def seal(life: Desk, status: int = 202, **changes: Any) -> Body:
    at = changes.pop("at", on(1))
    body = {"receiver": "eudravigilance", "obligations": [owed(life)], "complete": True} | changes
    etag = f'"{life.read(at=at)["version"]}"'
    return life.post("/icsr", body, at, status, headers={"If-Match": etag})


def send(life: Desk, gateway: Any, days: float = 1.1) -> dict[str, int]:
    engine = Trial(life.database)
    try:
        return send_waiting(engine.engine, SimulatedClock(on(days)), gateway)
    finally:
        engine.close()


def submissions(life: Desk) -> list[Any]:
    """When each report on record was sent."""
    with life.database.admin() as admin:
        return admin.execute(
            "SELECT received_at FROM safety.case_fact WHERE kind = 'submission'"
        ).fetchall()


def sent_at(life: Desk) -> Any:
    ((at,),) = submissions(life)
    return at


def answered(life: Desk, content: bytes, days: float = 2) -> Body:
    taken = life.api.post(
        "/icsr-answers", content=content, role="safety_desk", at=on(days), headers=XML
    )
    assert taken.status_code == 202, taken.text
    found: Body = taken.json()
    return found


def ack(outbox: Path, code: MessageCode, batch: BatchCode | None = None, text: str = "") -> bytes:
    (file,) = outbox.glob("*.xml")
    sent = parse(file.read_bytes())
    c_1 = sent.messages[0].report.c_1
    row = MessageAnswer(c_1.c_1_1 or "", code, c_1.c_1_2, "1", text or None)  # type: ignore[arg-type]
    whole = batch or (BatchCode.AA if code is MessageCode.CA else BatchCode.AE)
    return as_bytes(BatchAnswer(sent.n_1_2 or "", whole, number="7", messages=(row,)))


def state(life: Desk, clock: str = "eu_susar_other", days: float = 9) -> str:
    return str(life.states(at=on(days))[clock])


def sent(life: Desk, outbox: Path, days: float, **sealed: Any) -> Any:
    """The report that was sealed, dropped and accepted; each step on its day."""
    there = set(outbox.iterdir())
    seal(life, at=on(days), **sealed)
    assert send(life, FolderDrop(outbox), days=days + 0.1)["sent"] == 1
    (file,) = set(outbox.iterdir()) - there
    batch = parse(file.read_bytes())
    c_1 = batch.messages[0].report.c_1
    row = MessageAnswer(c_1.c_1_1 or "", MessageCode.CA, c_1.c_1_2, "1", None)  # type: ignore[arg-type]
    answered(
        life,
        as_bytes(BatchAnswer(batch.n_1_2 or "", BatchCode.AA, number="7", messages=(row,))),
        days=days + 0.2,
    )
    return batch.messages[0].report


def later(life: Desk, clock: str, days: float) -> dict[str, Any]:
    (found,) = (o for o in life.read(at=on(days))["obligations"] if o["clock"] == clock)
    return {"obligations": [str(found["obligation_id"])]}


def nullified(life: Desk, days: float, **body: Any) -> None:
    life.case = life.read(at=on(days))
    life.nullify(on(days), **({"reason_code": "invalid"} | body))
