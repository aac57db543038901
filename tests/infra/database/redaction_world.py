"""A child's name, written into free text, corrected, and copied wherever Induct keeps a copy."""

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.database.audit_chain import Fault
from infra.database.heads_store import HeadsFolder
from infra.database.proof import prove
from infra.database.redaction import approve, request, to_sign
from infra.database.redaction_proposal import Asked, Proposal, propose
from infra.database.reviewing import within
from shared.database.idempotency import content_hash
from shared.identity.signatures import Signature
from tests.services.assessments.support import Trial
from tests.services.safety.life import Life, on
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
# As JSON, XML and CSV each spell it in a way of their own.
NAME = 'Johanka "Jája" Nováková & <matka>'
TEXT = f"Fever, as told by {NAME} on the phone"
CLEAN = "Fever, as told by the mother on the phone"
JOB = "00000000-0000-4000-8000-00000000aaaa"
_ids = itertools.count(1)


REPORT = {
    "subject": "S01-001", "site": "S01", "event_term": "Febrile neutropenia", "grade": 4,
    "seriousness": ["hospitalisation"], "onset_on": "2026-02-19",
    "aware_at": "2026-02-20T09:30:00+01:00", "received_at": "2026-02-20T12:00:00+01:00",
    "reporter": "Dr Reporter",
}  # fmt: skip


class Written:
    """The record whose first version holds the name, and the case whose first version does."""

    def __init__(self, trial: Trial, safety: ApiClient) -> None:
        self.trial = trial
        items = {"medication": "Paracetamol", "indication": TEXT, "start_date": "2024-02-20"}
        made = trial.record("concomitant_medication", items)
        assert made.status_code == 201, made.text
        self.record: dict[str, Any] = made.json()
        self.case = Life(safety, REPORT, narrative=TEXT)
        self._copy()

    def correct(self) -> None:
        done = self.trial.correct(self.record, {"indication": CLEAN}, reason="Not to be here")
        assert done.status_code == 200, done.text
        self.case.amend(on(1), narrative=CLEAN)

    @property
    def url(self) -> str:
        return self.trial.database.url("induct_platform")

    @property
    def key(self) -> str:
        return f"{self.record['record_id']}/1"

    def faults(self) -> list[Fault]:
        """What the proof of a night finds, of trail, tables and guards."""
        return [*prove(self.url, HeadsFolder(Path("/nowhere"))).faults]

    def asked(self, **changes: Any) -> Asked:
        told = {
            "table": "assessments.item", "key": self.key, "field": "indication",
            "category": "identifying-text", "justification": "The subject's name, in free text",
            "words": NAME,
        }  # fmt: skip
        return Asked(**(told | changes))

    def propose(self, **changes: Any) -> Proposal:
        return within(self.url, STUDY, lambda work: propose(work, self.asked(**changes)))

    def request(self, signature: Signature | None = None, **changes: Any) -> int:
        if signature is None:
            signature = signed("redaction-requested", self.propose(**changes).content)
        asked = self.asked(**changes)
        return within(self.url, STUDY, lambda work: request(work, asked), signature)

    def state(self) -> list[tuple[object, ...]]:
        """What there is of the trail, and of redactions."""
        return self.trial.database.rows(
            "SELECT (SELECT count(*) FROM platform.audit),"
            " (SELECT count(*) FROM platform.redaction),"
            " (SELECT count(*) FROM platform.redaction_decision),"
            " (SELECT count(*) FROM platform.signature),"
            " (SELECT string_agg(coalesce(value, ''), ',' ORDER BY record_id, item, version)"
            "  FROM assessments.item_version)"
        )

    def approval(self, number: int, **changes: Any) -> Signature:
        told = within(self.url, STUDY, lambda work: to_sign(work, number))
        return signed(changes.pop("meaning", "redaction-approved"), told, **changes)

    def approve(self, number: int, signature: Signature | None = None) -> int:
        given = signature or self.approval(number)
        reason = "Identifies a child, and is not needed"
        return within(self.url, STUDY, lambda work: approve(work, number, reason), given)

    def redact(self, **changes: Any) -> int:
        number = self.request(**changes)
        self.approve(number)
        return number

    def _copy(self) -> None:
        """Copies that this world's services did not happen to make, as their kinds are spelled."""
        ascii_json = json.dumps({"note": TEXT})
        csv = 'a,"' + TEXT.replace('"', '""') + '"\n'
        envelope = json.dumps({"data": {"note": TEXT, "deep": [{"said": ascii_json}]}})
        with self.trial.database.writing() as admin:
            admin.execute(
                "INSERT INTO assessments.job (job_id, study_id, format, atomic, dry_run, state,"
                " rest, submitted_by, submitted_as, sites, submitted_at) VALUES (%s, %s, 'csv',"
                " true, false, 'done', %s, 'x', 'coordinator', '*', now())",
                (JOB, STUDY, csv.encode()),
            )
            admin.execute(
                "INSERT INTO assessments.job_row VALUES (%s, 1, %s, %s)",
                (JOB, STUDY, ascii_json.encode() + csv.encode()),
            )
            admin.execute(
                "INSERT INTO platform.delivery (consumer, event_id, envelope, state, last_error)"
                " VALUES ('c', gen_random_uuid(), %s, 'dead', %s)",
                (envelope, f"cannot read {ascii_json}"),
            )


def signed(meaning: str, content: Any, **changes: Any) -> Signature:
    """A signature of the first or the second person, over a content."""
    first = meaning == "redaction-requested"
    told: dict[str, Any] = {
        "signer": "manager-1" if first else "sponsor-1",
        "name": "Mia Manager" if first else "Quentin Quality",
        "role": "data_manager" if first else "sponsor",
        "studies": frozenset({STUDY}), "sites": frozenset({"*"}), "meaning": meaning,
        "authenticated_at": datetime(2026, 2, 1, tzinfo=UTC), "token_id": f"token-{next(_ids):04}",
        "content_sha256": content_hash(content),
    }  # fmt: skip
    return Signature(**(told | changes))


def write_name(client_for: Callable[[str], ApiClient], database: TestDatabase) -> Written:
    """A child of a site, and the name in the first version of a record and of a case."""
    site = {"site": "S01", "name": "Hospital", "country": "CZ", "time_zone": "Europe/Prague"}
    assert client_for("randomization").post("/sites", json=site, role="admin").status_code == 201
    trial = Trial(client_for("assessments"), database)
    trial.enrol()
    return Written(trial, client_for("safety"))
