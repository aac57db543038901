"""A death at the bedside to an accepted report at two authorities, by the doors of a deployment.

Interface, scheduled sweeps, a gateway's folder, acknowledgement files. MedDRA is an invented
dictionary in its file format; the schemas are the real ones.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from infra.database.studies import activate as activate_definition
from services.safety.e2b.acknowledgement.answers import (
    BatchAnswer,
    BatchCode,
    MessageAnswer,
    MessageCode,
)
from services.safety.e2b.gateway import FolderDrop
from services.safety.e2b.model import Batch, Icsr
from services.safety.e2b.parse import parse
from services.safety.e2b.schema import FOLDER_VARIABLE
from services.safety.e2b.terminology.configured import FOLDER_VARIABLE as MEDDRA
from services.safety.e2b.values import Stamp
from services.safety.escalation_handlers import sweep_studies
from services.safety.handoff_handlers import send_waiting
from shared.clock import SimulatedClock
from shared.study import from_json, to_json
from tests.services.safety.e2b.acknowledgement.answers import as_bytes
from tests.services.safety.e2b.samples import FOLDER, needs_samples
from tests.services.safety.e2b.terminology.dictionaries import CURRENT, RETIRED, write_meddra
from tests.services.safety.handing_off import SENDER
from tests.services.safety.life import Life, on
from tests.services.safety.trial import STUDY, Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

Body = dict[str, Any]
pytestmark = needs_samples
DEATH = {
    "event_term": "Sepsis", "grade": 5, "seriousness": ["death", "hospitalisation"],
    "onset_on": "2026-02-18", "ended_on": "2026-02-19", "outcome": "FATAL",
    "suspect_product": "VCR", "further_products": ["DEX"],
    "further_events": [{"event_term": "Febrile neutropenia", "grade": 4, "onset_on": "2026-02-17",
                        "seriousness": ["hospitalisation"], "outcome": "NOT_RECOVERED"}],
}  # fmt: skip
PRODUCTS = ("VCR", "DEX")


class Story(Life):
    """A case with the gateway that its reports go through."""

    def __init__(self, api: ApiClient, report: Body, trial: Trial, outbox: Path) -> None:
        super().__init__(api, report)
        self.trial = trial
        self.outbox = outbox

    def owed(self, clock: str, days: float) -> str:
        found = [o for o in self.read(at=on(days))["obligations"] if o["clock"] == clock]
        return str(found[-1]["obligation_id"])

    def draft(self, receiver: str, days: float) -> Body:
        return self.read(query=f"/icsr?receiver={receiver}", at=on(days))

    def seal(self, receiver: str, clock: str, days: float, **more: Any) -> Body:
        """Seal for a receiver and have the sweep drop it; the sealed message."""
        etag = f'"{self.read(at=on(days))["version"]}"'
        body = {"receiver": receiver, "obligations": [self.owed(clock, days)], "complete": False}
        sealed = self.post("/icsr", body | more, on(days), 202, headers={"If-Match": etag})
        gateway = FolderDrop(self.outbox)
        sent = send_waiting(self.trial.engine, SimulatedClock(on(days)), gateway)
        assert sent == {"sent": 1, "failed": 0}
        return sealed

    def dropped(self, sealed: Body) -> Batch:
        return parse((self.outbox / sealed["file_name"]).read_bytes())

    def acknowledge(self, sealed: Body, code: MessageCode | None, days: float) -> Body:
        """The authority's file about a message; None: it could not read the batch (AR)."""
        sent = self.dropped(sealed)
        c_1 = sent.messages[0].report.c_1
        rows = ()
        if code is not None:
            assert isinstance(c_1.c_1_2, Stamp)
            rows = (MessageAnswer(c_1.c_1_1 or "", code, c_1.c_1_2, "1", None),)
        batch = {MessageCode.CA: BatchCode.AA, MessageCode.CR: BatchCode.AE, None: BatchCode.AR}
        raw = as_bytes(BatchAnswer(sent.n_1_2 or "", batch[code], number="7", messages=rows))
        taken = self.api.post(
            "/icsr-answers", content=raw, role="safety_desk", at=on(days),
            headers={"Content-Type": "application/xml"},
        )  # fmt: skip
        assert taken.status_code == 202, taken.text
        found: Body = taken.json()
        return found

    def state(self, clock: str, days: float) -> str:
        return str(self.states(at=on(days))[clock])


@pytest.fixture
def story(
    database: TestDatabase,
    client_for: Callable[[str], ApiClient],
    report: Body,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """A child of the chemotherapy arm that died; nobody has judged or coded anything yet."""
    for name in ("meddra", "outbox"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv(MEDDRA, str(write_meddra(tmp_path / "meddra")))
    monkeypatch.setenv(FOLDER_VARIABLE, str(FOLDER / "schema"))
    content = to_json(shipped(STUDY))
    content["safety"]["reporting"] |= {"sender": SENDER, "ind": "012345"}
    source = {"kind": "assumed", "note": "invented"}
    for arm in content["arms"]:
        for number, product in enumerate(arm["products"], start=1):
            product["substances"] = [
                {"name": product["name"], "code": f"SUB{number}", "version": "1", "source": source}
            ]
    activate_definition(
        database.url("induct_migrator"), from_json(content), mode="training", actor="test",
        reason="a sponsor's own facts",
    )  # fmt: skip
    trial = Trial(database)
    trial.add_subject("S01-001")
    trial.open_site()
    yield Story(client_for("safety"), report | DEATH, trial, tmp_path / "outbox")
    trial.close()


def judged_and_coded(story: Story) -> None:
    for event in ("1", "2"):
        story.post("/codings", {"event": event, "code": CURRENT, "reason": "coded"}, on(0.1))
        for product in PRODUCTS:
            for role, related in (("investigator", True), ("safety_desk", event == "1")):
                story.judge(on(0.2), role, kind="causality", event=event, product=product,
                            related=related)  # fmt: skip


def checked(file: Path, profile: str) -> Body:
    """What ``induct safety check-icsr`` says of what lies in the gateway's folder."""
    done = CliRunner().invoke(app, ["safety", "check-icsr", str(file), "--profile", profile])
    assert done.exit_code == 0, done.output
    found: Body = json.loads(done.stdout)
    assert found["schema_set"]
    assert found["terminology"] == "28.1"
    return found


def report_of(batch: Batch) -> Icsr:
    return batch.messages[0].report


def test_a_death_goes_from_the_bedside_to_an_accepted_report_at_two_authorities(
    story: Story,
) -> None:
    # Uncoded and unjudged it renders, and the rules name what is missing; its clocks run.
    early = story.draft("eudravigilance", 0.05)
    assert not early["may_be_sent"]
    assert {"ICH.E.i.2.1b.REQUIRED"} <= {each["id"] for each in early["issues"]}
    assert "EU.G.k.9.i.2.GATE" in {each["id"] for each in early["gate"] if not each["held"]}
    assert story.owes(at=on(0.05))["eu_susar_fatal"] == "2026-02-27"
    retired = {"event": "1", "code": RETIRED, "reason": "coded"}
    assert story.post("/codings", retired, on(0.05), 422)["type"].endswith("coding-refused")
    judged_and_coded(story)
    ready = story.draft("eudravigilance", 0.3)
    assert (ready["may_be_sent"], ready["issues"], ready["terminology"]) == (True, [], "28.1")

    # To both within one second: two batches, two files.
    eu = story.seal("eudravigilance", "eu_susar_fatal", 1)
    us = story.seal("fda", "us_susar_fatal", 1)
    assert len({eu["batch"], us["batch"]}) == 2
    checked(story.outbox / eu["file_name"], "eu_ctr")
    checked(story.outbox / us["file_name"], "fda_ind")
    assert (story.state("eu_susar_fatal", 1.1), story.state("us_susar_fatal", 1.1)) == (
        "handed_off",
        "handed_off",
    )
    told = report_of(story.dropped(eu))
    assert [each.e_i_2_1b for each in told.e_i] == [CURRENT, CURRENT]
    assert len(told.g_k) == len(PRODUCTS)
    assert all(len(drug.g_k_9_i) == 2 for drug in told.g_k), "each drug x event"

    # One accepts; what the other rejects stays on its Day 0, and is told.
    assert story.acknowledge(eu, MessageCode.CA, 2)["state"] == "accepted"
    assert story.acknowledge(us, MessageCode.CR, 2)["state"] == "rejected"
    assert story.state("eu_susar_fatal", 2.1) == "submitted"
    assert story.owes(at=on(2.1))["us_susar_fatal"] == "2026-02-27"
    steps = story.read(query="/history", at=on(2.1))["escalations"]
    assert [each["step"] for each in steps] == ["rejected/2"]

    # Sent again: the same case under a new batch number; accepted in time.
    again = story.seal("fda", "us_susar_fatal", 3)
    first, second = (story.dropped(one) for one in (us, again))
    assert first.n_1_2 != second.n_1_2
    assert report_of(first).c_1.c_1_1 == report_of(second).c_1.c_1_1
    assert report_of(first).c_1.c_1_2 != report_of(second).c_1.c_1_2
    assert story.acknowledge(again, MessageCode.CA, 4)["state"] == "accepted"
    assert story.state("us_susar_fatal", 4.1) == "submitted"

    # The completion that the EU is owed, with what the autopsy told.
    story.follow_up(on(5), narrative="Autopsy: disseminated fungal infection.")
    completion = story.seal("eudravigilance", "eu_susar_fatal_completion", 6, complete=True)
    checked(story.outbox / completion["file_name"], "eu_ctr")
    told, later = report_of(story.dropped(eu)).c_1, report_of(story.dropped(completion)).c_1
    assert (told.c_1_1, told.c_1_4, told.c_1_8_1) == (later.c_1_1, later.c_1_4, later.c_1_8_1)
    assert told.c_1_5 != later.c_1_5, "the newest information is newer"
    assert story.acknowledge(completion, MessageCode.CA, 7)["state"] == "accepted"
    assert story.state("eu_susar_fatal_completion", 7.1) == "submitted"
    answers = story.api.get("/icsr-answers", role="safety_desk").json()["items"]
    assert sorted(each["state"] for each in answers) == [
        "accepted", "accepted", "accepted", "rejected",
    ]  # fmt: skip


def test_a_batch_that_was_not_even_read_and_one_without_an_answer_are_told_and_stay_owed(
    story: Story,
) -> None:
    judged_and_coded(story)
    unread = story.seal("eudravigilance", "eu_susar_fatal", 1)
    story.seal("fda", "us_susar_fatal", 1)
    assert story.acknowledge(unread, None, 2)["state"] == "rejected"
    assert story.state("eu_susar_fatal", 2.1) == "open"
    sweep_studies(story.trial.engine, SimulatedClock(on(3)))
    steps = {each["step"] for each in story.read(query="/history", at=on(3.1))["escalations"]}
    assert {"rejected/1", "no_answer/2", "no_answer_in_window/2"} <= steps
    assert "no_answer/1" not in steps
    assert story.state("us_susar_fatal", 3.1) == "handed_off"


def test_a_sealed_report_that_no_gateway_takes_is_told_and_once_it_went_no_more(
    story: Story,
) -> None:
    judged_and_coded(story)
    etag = f'"{story.read(at=on(1))["version"]}"'
    body = {"receiver": "fda", "obligations": [story.owed("us_susar_fatal", 1)], "complete": True}
    story.post("/icsr", body, on(1), 202, headers={"If-Match": etag})

    def told(days: float) -> set[str]:
        sweep_studies(story.trial.engine, SimulatedClock(on(days)))
        taken = story.read(query="/history", at=on(days))["escalations"]
        return {each["step"] for each in taken if "delivered" in each["step"]}

    assert told(1.04) == set()
    assert told(1.05) == {"undelivered/1"}
    send_waiting(story.trial.engine, SimulatedClock(on(1.5)), FolderDrop(story.outbox))
    assert told(2.5) == {"undelivered/1"}
