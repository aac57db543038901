"""Fills trials with one of everything that an id can name: at the caller's site, at another site,
and in another study."""

from collections.abc import Callable
from datetime import UTC, datetime

from infra.database.studies import activate as activate_definition
from shared.study import from_json, to_json
from tests.services.assessments.support import Trial
from tests.services.randomization.world import eligible, open_sites, put_in_force
from tests.shared.identity.cells.cases import Cases
from tests.shared.identity.cells.places import (
    ANOTHER,
    OF_ANOTHER_STUDY,
    OTHER_STUDY,
    OWN,
    STUDY,
    Ids,
    Map,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

LIST = {"method": "permuted_blocks", "secret": "5f" * 32}
COUNTS = {"sample_date": "2024-02-26", "neutrophils": "1.05", "platelets": "120"}


class Builder(Cases):
    """Fills a study by the routes that a trial is filled by."""

    def begin(self, *sites: str) -> None:
        """The study in force, with sites, a list, and envelopes for each site."""
        content = to_json(shipped(STUDY))
        content["identity"]["id"] = self.study
        activate_definition(
            self.database.url("induct_migrator"),
            from_json(content),
            mode="training",
            actor="test",
            reason="for a test",
        )
        api = self.api("randomization")
        api.study = self.study
        open_sites(api, *sites)
        put_in_force(api, LIST | {"list_id": f"L-{self.study}"})
        for site in sites:
            envelopes = {"list_id": f"D-{site}", "purpose": "downtime", "site": site}
            put_in_force(api, LIST | envelopes)
        api.study = STUDY

    def of_study(self) -> Ids:
        """What belongs to the study and to no site of it."""
        hook = {"url": f"http://127.0.0.1:9/{self.study}"}
        hook = self.post("safety", "/webhooks", hook, role="safety_desk")
        let_in = {"decision": "approve", "reason": "The desk's own host."}
        self.post("safety", f"/webhooks/{hook['endpoint_id']}/decision", let_in, role="admin")
        sender = self.post("safety", "/desk-senders", {"name": "Bridge"}, role="safety_desk")
        path = f"/desk-senders/{sender['sender_id']}/approval"
        self.desk = sender["sender_id"], self.post("safety", path, role="admin")["secret"]
        cutoff = {"cutoff": "2026-01-31"}
        run = self.post("analytics", "/runs", cutoff, role="statistician")
        ((secret, message),) = self.database.rows(
            "SELECT secret_id::text, message_id FROM safety.webhook_secret"
            " JOIN safety.webhook_message USING (study_id, endpoint_id) WHERE study_id = %s",
            self.study,
        )
        return {
            "study": self.study,
            "step": self._step(),
            "list_id": f"L-{self.study}",
            "endpoint": hook["endpoint_id"],
            "secret": str(secret),
            "message": str(message),
            "sender": sender["sender_id"],
            "run": run["run_id"],
            "figure": "EFS.svg",
            "report": "open.html",
            "result": "0" * 32,
            "dataset": "adtte.json",
        }

    def _step(self) -> str:
        """A step of a hold that is over: while one lasts, nobody would be allocated."""
        with self.database.writing() as connection:
            row = connection.execute(
                "INSERT INTO randomization.hold_step (study_id, kind, reason, state, proposed_by,"
                " proposed_at, decided_by, decided_at, decision_reason) VALUES"
                " (%s, 'release', 'a test', 'rejected', 'one', now(), 'another', now(), 'a test')"
                " RETURNING step_id::text",
                (self.study,),
            ).fetchone()
        assert row is not None
        return str(row[0])

    def of_site(self, site: str) -> Ids:
        """What belongs to a site: three children, and all that is made of them."""
        subject = f"{site}-001"
        children = [f"{site}-00{n}" for n in (1, 2, 3, 4)]
        for child in children:
            self._enrol(child, site)
        allocate = {"subject": subject, "site": site, "values": eligible(), "strata": {}}
        self.post("randomization", "/allocations", allocate, sites=[site])
        return {
            "site": site,
            "subject": subject,
            "screened": children[1],
            "proposal": self._forced(children[2], site),
            "envelopes": f"D-{site}",
            **self._assessments(subject, site),
            **self.of_case(subject, site),
        }

    def _enrol(self, child: str, site: str) -> None:
        born = f"{datetime.now(UTC).year - 9}-12"
        body = {
            "subject": child, "site": site, "birth_year_month": born, "sex": "female",
            "consented_on": "2024-01-20",
        }  # fmt: skip
        self.post("assessments", "/subjects", body, sites=[site])
        consent = {"consent_date": "2024-01-20", "assent_due": False}
        self.form(child, site, "consent", consent, visit="SCR")

    def _forced(self, child: str, site: str) -> str:
        body = {
            "subject": child, "site": site, "arm": "INO", "reason": "a test",
            "levels": {"age_group": "lt10", "first_remission": "ge24m"},
        }  # fmt: skip
        return str(self.post("randomization", "/forced-allocations", body, role="statistician")[
            "proposal"])  # fmt: skip

    def _assessments(self, subject: str, site: str) -> Ids:
        record = self.form(subject, site, "blood_count", COUNTS, visit="C1D28")["record_id"]
        path = f"/subjects/{subject}/assessments/{record}/queries"
        question = {"item": "neutrophils", "text": "Please check against the source."}
        query = self.post("assessments", path, question, role="cra", sites=[site])
        job = self.post("assessments", "/jobs", {"format": "ndjson"}, sites=[site])
        export = self.post("assessments", "/exports", {"formats": ["csv"]}, sites=[site])
        closed = self.post(
            "assessments", "/closed/exports", {"formats": ["csv"]}, role="auditor", sites=[site]
        )
        trial = Trial(self.api("assessments"), self.database)
        trial.api.study = self.study
        trial.randomize(subject)
        trial.api.study = STUDY
        derived = self.api("assessments").get(
            f"/subjects/{subject}/derivations", sites=[site], study=self.study
        )
        return {
            "record": record,
            "query": query["query_id"],
            "job": job["job_id"],
            "export": export["export_id"],
            "closed_export": closed["export_id"],
            "file": "dm.csv",
            "derivation": derived.json()["items"][0]["derivation_id"],
        }


def draw_map(database: TestDatabase, client: Callable[[str], ApiClient]) -> Map:
    """Fill both studies."""
    trial = Builder(database, client, STUDY)
    trial.begin(OWN, ANOTHER)
    study, own, another = trial.of_study(), trial.of_site(OWN), trial.of_site(ANOTHER)
    other = Builder(database, client, OTHER_STUDY)
    other.begin(OF_ANOTHER_STUDY)
    return Map(study, own, another, other.of_study() | other.of_site(OF_ANOTHER_STUDY))
