"""Why a run failed: a kind for everybody, the words for those who may read closed results."""

import traceback

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from services.analytics import run_repository as repository
from services.analytics.domain.agreement import EngineDisagreement
from services.analytics.domain.observations import ObservationError
from services.analytics.domain.plans import PlanRefused
from services.analytics.domain.tally import TallyIncomplete
from services.analytics.errors import BadData
from shared.artefacts import ArtefactError
from shared.database.unit_of_work import Origin, begin
from shared.http.logs import log

_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (ObservationError, "data-refused"),
    (BadData, "data-refused"),
    (EngineDisagreement, "engines-disagree"),
    (TallyIncomplete, "counts-incomplete"),
    (PlanRefused, "plan-refused"),
    (ArtefactError, "artefacts-unavailable"),
    (SQLAlchemyError, "database"),
)
_OWN_WORDS = (
    ObservationError, BadData, EngineDisagreement, TallyIncomplete, PlanRefused, ArtefactError,
)  # fmt: skip


def kind_of(error: Exception) -> str:
    """A stable code; ``internal`` for a fault of ours."""
    return next((kind for known, kind in _KINDS if isinstance(error, known)), "internal")


def detail_of(error: Exception) -> str:
    """Our own words; of others' errors kind and place only, as their words may hold anything."""
    if isinstance(error, _OWN_WORDS):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    return type(error).__name__ + (f" in {frames[-1].name}" if frames else "")


def record_failure(engine: Engine, origin: Origin, run: str, error: Exception) -> None:
    """Mark the run as failed. Never raises for want of a database: ``error`` is on its way up."""
    kind = kind_of(error)
    log("run failed", level="error", run_id=run, study=origin.study, error=kind)
    try:
        with engine.connect() as connection, begin(connection, origin) as work:
            work.because(f"the run failed: {kind}")
            repository.fail_run(work, run, kind, detail_of(error))
    except SQLAlchemyError as second:
        log("run failed", level="error", run_id=run, error=type(second).__name__)
