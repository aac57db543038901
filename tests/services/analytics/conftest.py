"""Studies to be analysed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.analytics import analysis
from services.analytics.domain.panel import Panel
from services.analytics.figures import KaplanMeierFigure
from shared.study import StudyDefinition
from tests.services.analytics.replay import replay, small
from tests.services.analytics.trial import FREIREICH, NCT, Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Activate = Callable[[str], StudyDefinition]
ClientFor = Callable[[str], ApiClient]
MakeTrial = Callable[[str], Trial]


@pytest.fixture
def trial_of(
    client_for: ClientFor, activate: Activate, database: TestDatabase, tmp_path: Path
) -> Iterator[MakeTrial]:
    """Makes an empty study of a shipped definition, in force."""
    made: list[Trial] = []

    def make(study: str) -> Trial:
        activate(study)
        api = client_for("analytics")
        api.study = study
        folder = tmp_path / "artefacts"
        api.context = replace(
            api.context, settings=replace(api.context.settings, artefacts=str(folder))
        )
        made.append(Trial(database, api, folder))
        return made[-1]

    yield make
    for trial in made:
        trial.close()


@pytest.fixture
def empty(trial_of: MakeTrial) -> Trial:
    """The 1963 trial before anybody was randomized."""
    return trial_of(FREIREICH)


@pytest.fixture
def freireich(empty: Trial) -> Trial:
    """The 1963 trial with all its children."""
    replay(empty)
    return empty


@pytest.fixture
def nct(trial_of: MakeTrial) -> Trial:
    """NCT05748171 with one open site in Prague."""
    trial = trial_of(NCT)
    trial.site()
    return trial


@pytest.fixture
def drawn_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures that cost no time, for tests of everything but figures: their words alone."""

    def draw(panel: Panel, *, declared_open: bool) -> KaplanMeierFigure:
        words = f"{panel.output_class.value} {panel.alt_text}".encode()
        return KaplanMeierFigure(b"SVG " + words, b"PNG " + words, panel.alt_text)

    monkeypatch.setattr(analysis, "draw_kaplan_meier", draw)
    monkeypatch.setattr(analysis, "paper", lambda report: b"%PDF " + repr(report).encode())


@pytest.fixture
def trial(empty: Trial, drawn_quickly: None) -> Trial:
    """The 1963 trial with two children in either arm: quick to compute."""
    small(empty)
    return empty
