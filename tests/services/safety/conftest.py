"""The trial that the safety tests play in: two sites, one child each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.database.studies import activate as activate_definition
from services.safety.e2b.schema import FOLDER_VARIABLE
from services.safety.e2b.terminology.configured import FOLDER_VARIABLE as MEDDRA
from shared.study import StudyDefinition, from_json, to_json
from tests.services.safety.e2b.samples import FOLDER
from tests.services.safety.e2b.terminology.dictionaries import CURRENT, write_meddra
from tests.services.safety.handing_off import SENDER, Desk
from tests.services.safety.life import on
from tests.services.safety.receiver import Receiver
from tests.services.safety.trial import STUDY, Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.definitions import shipped


@pytest.fixture
def definition(activate: Callable[[str], StudyDefinition]) -> StudyDefinition:
    """NCT05748171, in force."""
    return activate(STUDY)


@pytest.fixture
def trial(database: TestDatabase, definition: StudyDefinition) -> Iterator[Trial]:
    """Children S01-001 and S02-001."""
    made = Trial(database)
    made.add_subject("S01-001")
    made.add_subject("S02-001", site="S02")
    yield made
    made.close()


@pytest.fixture
def api(trial: Trial, client_for: Callable[..., ApiClient]) -> ApiClient:
    return client_for("safety")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A safety desk's HTTP receiver on this machine."""
    with Receiver() as made:
        yield made


@pytest.fixture
def report() -> dict[str, Any]:
    """A report that is complete but for the suspect product."""
    return {
        "subject": "S01-001",
        "site": "S01",
        "event_term": "Febrile neutropenia",
        "grade": 4,
        "seriousness": ["hospitalisation"],
        "onset_on": "2026-02-19",
        "aware_at": "2026-02-20T09:30:00+01:00",
        "received_at": "2026-02-20T12:00:00+01:00",
        "reporter": "Dr Reporter",
        "narrative": "Fever of 39.5 after the first infusion.",
    }


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a gateway watches; schemas and a dictionary are there."""
    for name in ("meddra", "outbox"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv(MEDDRA, str(write_meddra(tmp_path / "meddra")))
    monkeypatch.setenv(FOLDER_VARIABLE, str(FOLDER / "schema"))
    return tmp_path / "outbox"


@pytest.fixture
def life(
    database: TestDatabase,
    client_for: Callable[[str], ApiClient],
    report: dict[str, Any],
    outbox: Path,
) -> Desk:
    """A coded SUSAR, judged by both, of a study that names its sender and its substance."""
    content = to_json(shipped(STUDY))
    content["safety"]["reporting"] |= {"sender": SENDER, "ind": "012345"}
    content["arms"][0]["products"][0]["substances"] = [
        {
            "name": "inotuzumab ozogamicin",
            "code": "SUB0001",
            "version": "1",
            "source": {"kind": "assumed", "note": "x"},
        }
    ]
    activate_definition(
        database.url("induct_migrator"),
        from_json(content),
        mode="training",
        actor="test",
        reason="a sponsor's own facts",
    )
    trial = Trial(database)
    trial.add_subject("S01-001")
    trial.open_site()
    trial.close()
    life = Desk(client_for("safety"), report, database)
    life.post("/codings", {"event": "1", "code": CURRENT, "reason": "coded by hand"}, on(0.1))
    life.causality(on(0.2), "investigator", True)
    life.causality(on(0.3), "safety_desk", True)
    return life
