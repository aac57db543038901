"""The study definition as a whole."""

import graphlib
from collections.abc import Callable, Mapping
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from pydantic import Field

from shared.study.analysis import Analysis, Threshold
from shared.study.anchors import Anchor, anchor_dependencies
from shared.study.arms import Arm
from shared.study.base import ArmRef, Model
from shared.study.disposition import Disposition
from shared.study.edit_checks import EditCheck, checks_of
from shared.study.eligibility import Eligibility
from shared.study.endpoints import Endpoint, Outcome
from shared.study.forms import Form
from shared.study.identity import Identity
from shared.study.occurrences import EventSource, Population
from shared.study.randomization import Randomization
from shared.study.safety import Safety
from shared.study.schedule import Visit
from shared.study.withdrawal import CollectionEnd


class StudyDefinition(Model):
    """Everything about one trial that software must know, as data; immutable, versioned, hashed.

    `format` is the version of this model, not of the trial. A study without `safety` takes no
    safety cases; without `disposition` the flow of its participants ends with the randomized. The
    lookups raise KeyError for an unknown id.
    """

    format: Literal[1]
    identity: Identity
    arms: Annotated[tuple[Arm, ...], Field(min_length=2)]
    reference_arm: ArmRef
    randomization: Randomization
    eligibility: Eligibility
    visits: tuple[Visit, ...] = ()
    anchors: Annotated[tuple[Anchor, ...], Field(min_length=1)]
    forms: tuple[Form, ...] = ()
    event_sources: tuple[EventSource, ...] = ()
    populations: Annotated[tuple[Population, ...], Field(min_length=1)]
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1)]
    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1)]
    analysis: Analysis
    safety: Safety | None = None
    thresholds: tuple[Threshold, ...] = ()
    checks: tuple[EditCheck, ...] = ()
    collection_ends: CollectionEnd | None = None
    disposition: Disposition | None = None

    @property
    def id(self) -> str:
        """The study id."""
        return self.identity.id

    @property
    def version(self) -> str:
        """The version of the definition."""
        return self.identity.version

    def arm(self, code: str) -> Arm:
        """The arm of that code."""
        return {arm.code: arm for arm in self.arms}[code]

    def anchor(self, anchor_id: str) -> Anchor:
        """The anchor of that id."""
        return _found(self.anchors, anchor_id)

    def anchors_in_order(self) -> tuple[Anchor, ...]:
        """Each anchor after those it depends on; ValueError (CycleError) if they are circular."""
        return _in_order(self.anchors)

    def visit(self, visit_id: str) -> Visit:
        """The visit of that id."""
        return {visit.id: visit for visit in self.visits}[visit_id]

    def form(self, form_id: str) -> Form:
        """The form of that id."""
        return _found(self.forms, form_id)

    def checks_of(self, form_id: str) -> tuple[EditCheck, ...]:
        """The edit checks of that form, each about one item; see `edit_checks.checks_of`."""
        return checks_of(self.checks, self.form(form_id))

    def event_source(self, source_id: str) -> EventSource:
        """The event source of that id."""
        return {source.id: source for source in self.event_sources}[source_id]

    def population(self, population_id: str) -> Population:
        """The analysis set of that id."""
        return {each.id: each for each in self.populations}[population_id]

    def endpoint(self, paramcd: str) -> Endpoint:
        """The endpoint of that parameter code."""
        return {endpoint.paramcd: endpoint for endpoint in self.endpoints}[paramcd]

    def thresholds_by_id(self) -> Mapping[str, Threshold]:
        """Thresholds as `shared.study.predicate.evaluate` takes them."""
        return _thresholds(self.thresholds)


class _Entry(Protocol):
    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=_Entry)
R = TypeVar("R")
_MOST = 64


class _Once(Generic[E, R]):
    """What is made of entries, made once for each of the few definitions that are in use at once: a
    write asks for it with every record."""

    def __init__(self, make: Callable[[tuple[E, ...]], R]) -> None:
        self._make = make
        # The entries are kept beside it, so that their id is not given to others.
        self._known: dict[int, tuple[tuple[E, ...], R]] = {}

    def __call__(self, entries: tuple[E, ...]) -> R:
        known = self._known.get(id(entries))
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[id(entries)] = (entries, self._make(entries))
        return known[1]


def _found(entries: tuple[E, ...], wanted: str) -> E:
    """The entry of that id: a look through some dozens is cheaper than an index made each time."""
    for entry in entries:
        if entry.id == wanted:
            return entry
    raise KeyError(wanted)


def _sorted(anchors: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
    by_id = {anchor.id: anchor for anchor in anchors}
    order = graphlib.TopologicalSorter(
        {anchor.id: anchor_dependencies(anchor) for anchor in anchors}
    ).static_order()
    return tuple(by_id[anchor_id] for anchor_id in order)


_in_order = _Once(_sorted)
_thresholds: _Once[Threshold, Mapping[str, Threshold]] = _Once(
    lambda thresholds: {threshold.id: threshold for threshold in thresholds}
)
