"""A site's part of the safety side: a case that a record opened, with all that hangs on it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from services.safety.handlers import CONSUMER as SAFETY
from shared.contracts.envelope import Envelope
from tests.shared.identity.cells.places import Ids
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

AT = datetime(2026, 2, 20, 12, tzinfo=UTC)
EVENT = {
    "term": "Febrile neutropenia", "grade": 4, "start_date": "2024-02-19", "serious": True,
    "hospitalisation": True,
}  # fmt: skip
LETTER = b"%PDF-1.7\nletter of discharge"


@dataclass
class Cases:
    """``desk`` is the desk's system: its id as a sender, and its secret."""

    database: TestDatabase
    client: Callable[[str], ApiClient]
    study: str
    desk: tuple[str, str] = ("", "")
    _clients: dict[str, ApiClient] = field(default_factory=dict)

    def api(self, service: str) -> ApiClient:
        if service not in self._clients:
            self._clients[service] = self.client(service)
        return self._clients[service]

    def post(self, service: str, path: str, body: Any = None, **options: Any) -> Any:
        options = {"study": self.study, "json": body} | options
        # People are of one site, as in a trial: an account is not at two.
        role, site = options.setdefault("role", "coordinator"), options.get("sites", ["all"])[0]
        options.setdefault("client", f"{role}-{site}")
        answer = self.api(service).post(path, **options)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    def form(self, child: str, site: str, form: str, items: Any, **more: Any) -> Any:
        body = {"form": form, "items": items} | more
        path = f"/subjects/{child}/assessments"
        return self.post("assessments", path, body, sites=[site])

    def of_case(self, subject: str, site: str) -> Ids:
        self.form(subject, site, "adverse_event", EVENT)
        self._tell_safety()
        listed = self.api("safety").get("/cases", sites=[site], study=self.study).json()["items"]
        case = listed[0]["case_number"]
        letter = self.api("safety").post(
            f"/attachments?subject={subject}&site={site}&file_name=letter-{site}.pdf",
            content=LETTER + site.encode(),
            headers={"Content-Type": "application/pdf"},
            sites=[site],
            study=self.study,
        )
        assert letter.status_code == 201, letter.text
        told = {
            "event_term": "Febrile neutropenia", "grade": 5, "seriousness": ["death"],
            "onset_on": "2024-02-19", "aware_at": "2024-02-20T09:30:00+01:00",
            "significant": True, "outcome": "FATAL", "suspect_product": "INO",
            "documents": [{"title": "Letter", "attachment": letter.json()["sha256"]}],
        }  # fmt: skip
        desk = {"role": "safety_desk", "headers": {"If-Match": '"1"'}}
        made = self.post("safety", f"/cases/{case}/follow-ups", told, **desk)
        met, *_, owed = made["obligations"]
        sent = {
            "authority": met["authority"], "obligations": [met["obligation_id"]],
            "sent_at": AT.isoformat(), "complete": True, "channel": "portal",
        }  # fmt: skip
        submission = self.post("safety", f"/cases/{case}/submissions", sent, role="safety_desk")
        compared = self.api("safety").get("/reconciliation", sites=[site], study=self.study).json()
        self._desk_says("query.raised", case, query_id=f"Q-{site}", event="1", question="Which?")
        self._desk_says("query.closed", case, status=409, query_id=f"none-{site}", reason="none")
        return {
            "case": case,
            "authority": owed["authority"],
            "desk_query": f"Q-{site}",
            "desk_message": f"msg-{case}-query.closed",
            "obligation": owed["obligation_id"],
            "submission": submission["submission_id"],
            "sha256": letter.json()["sha256"],
            "difference": compared["items"][0]["difference_id"],
        }

    def _desk_says(self, type_: str, case: str, status: int = 200, **data: str) -> None:
        sender, secret = self.desk
        name, moment = f"msg-{case}-{type_}", datetime.now(UTC)
        data = {"case_number": case} | data
        body = json.dumps({"type": type_, "timestamp": AT.isoformat(), "data": data})
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret).sign(name, moment, body),
            "Content-Type": "application/json",
        }
        path = f"//safety-desk/v1/studies/{self.study}/senders/{sender}/messages"
        answer = self.api("safety").post(path, content=body, headers=headers, role=None, key="")
        assert answer.status_code == status, answer.text

    def _tell_safety(self) -> None:
        """Deliver what assessments recorded, as the queue does; twice is once."""
        engine = self.database.engine("induct_safety")
        rows = self.database.rows(
            "SELECT event_id::text, version, envelope FROM platform.outbox"
            " WHERE type = 'assessment.recorded' AND study_id = %s ORDER BY created_at",
            self.study,
        )
        for event_id, version, content in rows:
            assert isinstance(content, dict)
            event = content | {"id": event_id, "version": version}
            SAFETY.handle(engine, Envelope.model_validate(event))
        self.database.done_with(engine)
