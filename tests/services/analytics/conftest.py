"""Studies to be analysed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from services.analytics import night_files, overviews, time_analysis
from services.analytics.domain.flow_chart import FlowChart
from services.analytics.domain.forest import Forest
from services.analytics.domain.panel import Panel
from services.analytics.domain.swimmer import Sheet
from services.analytics.figure_files import Drawing
from shared.study import StudyDefinition
from tests.services.analytics.replay import replay, small
from tests.services.analytics.trial import FREIREICH, NCT, Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Activate = Callable[[str], StudyDefinition]
ClientFor = Callable[[str], ApiClient]
Begin = Callable[[str, Callable[[], int]], int]
MakeTrial = Callable[..., Trial]


@pytest.fixture
def trial_of(
    client_for: ClientFor,
    activate: Activate,
    begin: Begin,
    database: TestDatabase,
    tmp_path: Path,
) -> Iterator[MakeTrial]:
    """Makes a study of a shipped definition, in force; ``fill`` writes what is in it."""
    made: list[Trial] = []

    def make(study: str, fill: Callable[[Trial], None] = nothing) -> Trial:
        api = client_for("analytics")
        api.study = study
        folder = tmp_path / "artefacts"
        api.context = replace(
            api.context, settings=replace(api.context.settings, artefacts=str(folder))
        )
        trial = Trial(database, api, folder)
        made.append(trial)

        def write() -> int:
            activate(study)
            fill(trial)
            return trial.position

        trial.position = begin(f"{study}, {fill.__name__}", write)
        return trial

    yield make
    for trial in made:
        trial.close()


@pytest.fixture
def empty(trial_of: MakeTrial) -> Trial:
    """The 1963 trial before anybody was randomized."""
    return trial_of(FREIREICH)


@pytest.fixture
def freireich(trial_of: MakeTrial) -> Trial:
    """The 1963 trial with all its children."""
    return trial_of(FREIREICH, replay)


@pytest.fixture
def nct(trial_of: MakeTrial) -> Trial:
    """NCT05748171 with one open site in Prague."""
    return trial_of(NCT, Trial.site)


DRAWN = (
    (time_analysis, "draw_kaplan_meier"),
    (night_files, "paper"),
    (overviews, "draw_flow"),
    (overviews, "draw_kaplan_meier"),
    (overviews, "draw_swimmer"),
    (overviews, "draw_forest"),
)
_drawn: dict[tuple[object, ...], Any] = {}


def once(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Draws what nobody drew before, and gives what somebody did."""

    def draw_or_find(what: Any, **how: Any) -> Any:
        key = (draw, sha256(repr(what).encode()).digest(), *sorted(how.items()))
        if key not in _drawn:
            _drawn[key] = draw(what, **how)
        return _drawn[key]

    return draw_or_find


@pytest.fixture(autouse=True)
def drawn_quickly(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures and paper that cost no time: their words alone. Tests marked `drawn` draw them, each
    once: that what is the same is drawn the same is proven where drawing is."""
    if request.node.get_closest_marker("drawn") is not None:
        for module, name in DRAWN:
            monkeypatch.setattr(module, name, once(getattr(module, name)))
        return

    def draw(what: Panel | FlowChart | Sheet | Forest, *, declared_open: bool = False) -> Drawing:
        words = f"{getattr(what, 'output_class', 'closed')} {what.alt_text}".encode()
        return Drawing(b"SVG " + words, what.alt_text)

    monkeypatch.setattr(time_analysis, "draw_kaplan_meier", draw)
    monkeypatch.setattr(overviews, "draw_flow", draw)
    monkeypatch.setattr(overviews, "draw_kaplan_meier", draw)
    monkeypatch.setattr(overviews, "draw_swimmer", draw)
    monkeypatch.setattr(overviews, "draw_forest", draw)
    monkeypatch.setattr(night_files, "paper", lambda report: b"%PDF " + repr(report).encode())


@pytest.fixture
def trial(trial_of: MakeTrial, drawn_quickly: None) -> Trial:
    """The 1963 trial with two children in either arm: quick to compute."""
    return trial_of(FREIREICH, small)


def nothing(_trial: Trial) -> None:
    """Nobody was randomized yet."""
