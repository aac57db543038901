"""A deployment as an operator's commands see it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.aws import remote
from shared.identity.issuer import Issuer
from shared.study import StudyDefinition
from tests.infra.aws.function import Lambda
from tests.infra.database.sightings import STUDY
from tests.support.database import TestDatabase


@pytest.fixture
def function(
    database: TestDatabase,
    issuer: Issuer,
    activate: Callable[[str], StudyDefinition],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Lambda:
    """A deployment with a study, its issuer's keys, and an operator who may invoke."""
    activate(STUDY)
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(issuer.key_set()))
    for name, value in {
        "INDUCT_STAGE": "live",
        "INDUCT_PLATFORM_DATABASE_URL": database.url("induct_platform"),
        "INDUCT_ISSUER": issuer.url,
        "INDUCT_AUDIENCE": issuer.audience,
        "INDUCT_JWKS_URL": keys.as_uri(),
    }.items():
        monkeypatch.setenv(name, value)
    made = Lambda()
    monkeypatch.setattr(remote.boto3, "client", lambda _service, **_options: made)
    return made
