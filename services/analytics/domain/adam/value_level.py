"""What AVAL, AVALC and others are in each parameter, in words made of the study definition.

The rows of a dataset mean different things by parameter: days to one event or another, a success,
a response, a concentration. The define document says each (value-level metadata of Define-XML).
"""

from collections.abc import Iterable, Iterator

from services.analytics.domain.adam.assessments import Assessment
from services.analytics.domain.adam.codes import measured
from services.analytics.domain.adam.variables import ValueLevel, Variable
from services.analytics.domain.adam.veil import Veil
from services.analytics.domain.first_event import first_event
from shared.datasets.dataset import Kind
from shared.study import StudyDefinition
from shared.study.endpoints import (
    ConcentrationEndpoint,
    Horizon,
    ProportionEndpoint,
    TimeToEventEndpoint,
)
from shared.study.forms import Item
from shared.study.words import predicate_words

LABELS = {
    "AVAL": "Analysis Value",
    "AVALC": "Analysis Value (C)",
    "AVALU": "Analysis Value Unit",
    "ANL01FL": "Analysis Flag 01",
}
ANALYSED = "Y in every row: an endpoint has one a subject."
WITHHELD = "Left out here: it rests on records that reveal the arm."


def value_levels(
    definition: StudyDefinition,
    dataset: str,
    assessed: Iterable[Assessment],
    veil: Veil | None,
) -> tuple[ValueLevel, ...]:
    """Those of a dataset, in the order of its variables, then of the parameters."""
    if dataset == "ADTTE":
        return tuple(_times(definition, veil))
    if dataset == "ADRS":
        found = [*_successes(definition, veil), *_assessed(assessed)]
        return tuple(sorted(found, key=lambda each: each.variable.name))
    concentrations = [e for e in definition.endpoints if isinstance(e, ConcentrationEndpoint)]
    if dataset == "ADPC":
        # As in the rows: what several endpoints read is one parameter.
        read = {measured(definition, each)[0]: each for each in reversed(concentrations)}
        found = [v for code, each in read.items() for v in _samples(definition, code, each)]
    elif dataset == "ADPP":
        found = [v for each in concentrations for v in _counted(definition, each)]
    else:
        return ()
    return tuple(sorted(found, key=lambda each: each.variable.name))


def _times(definition: StudyDefinition, veil: Veil | None) -> Iterator[ValueLevel]:
    for endpoint in definition.endpoints:
        if isinstance(endpoint, ProportionEndpoint) and endpoint.competing:
            timed = first_event(endpoint)
        elif isinstance(endpoint, TimeToEventEndpoint):
            timed = endpoint
        else:
            continue
        hidden = veil is not None and (veil.hides_start(timed) or veil.hides_end(timed))
        words = WITHHELD if hidden else _time(definition, timed)
        yield _value("AVAL", endpoint.paramcd, "integer", "Derived", words)


def _successes(definition: StudyDefinition, veil: Veil | None) -> Iterator[ValueLevel]:
    for endpoint in definition.endpoints:
        if isinstance(endpoint, ProportionEndpoint):
            hidden = veil is not None and veil.hides_end(endpoint)
            what = _named(definition, endpoint.successes) + _until(definition, endpoint.horizon)
            of = endpoint.paramcd
            words = WITHHELD if hidden else f"1 where there was: {what}; else 0."
            yield _value("AVAL", of, "integer", "Derived", words)
            words = WITHHELD if hidden else f"Y where there was: {what}; else N."
            yield _value("AVALC", of, "text", "Derived", words, "flags")
            yield _value("ANL01FL", of, "text", "Derived", ANALYSED, "flags")


def _assessed(assessed: Iterable[Assessment]) -> Iterator[ValueLevel]:
    for each in assessed:
        origin = "Collected" if each.rule == "value" else "Derived"
        words = each.words["avalc"]
        yield _value("AVALC", each.paramcd, "text", origin, words, each.list_name)
        words = each.words["anl"] if each.tells_analysed else WITHHELD
        yield _value("ANL01FL", each.paramcd, "text", "Derived", words, "flags")
        if each.value is not None:
            yield _value("AVAL", each.paramcd, "decimal", "Collected", each.words["aval"])


def _samples(
    definition: StudyDefinition, code: str, endpoint: ConcentrationEndpoint
) -> Iterator[ValueLevel]:
    """Of every sample of a form."""
    item = definition.form(endpoint.form).item(endpoint.value)
    below = f"below quantification ({endpoint.below_quantification})"
    words = f"{item.label}, as the form {endpoint.form} says ({item.id}); empty {below}."
    yield _value("AVAL", code, "decimal", "Collected", words)
    words = f"{item.label} as text; BLQ {below}."
    yield _value("AVALC", code, "text", "Derived", words)
    yield _unit(code, endpoint, item)


def _counted(definition: StudyDefinition, endpoint: ConcentrationEndpoint) -> Iterator[ValueLevel]:
    """Of the samples that an endpoint counts."""
    item = definition.form(endpoint.form).item(endpoint.value)
    where = (
        ""
        if endpoint.where is None
        else f", where {predicate_words(endpoint.where, definition.thresholds_by_id())}"
    )
    which = (
        f"{item.label} of the subject's first sample with a value at the visit{where}"
        f"{_in_its_unit(endpoint, item)}"
    )
    counts = {"zero": "counts as 0 in arithmetic summaries", "excluded": "is left out of summaries"}
    below = f"one below quantification {counts[endpoint.blq_rule]}"
    code = endpoint.paramcd
    yield _value("AVAL", code, "decimal", "Derived", f"{which}; empty for BLQ: {below}.")
    yield _value("AVALC", code, "text", "Derived", f"{which}, as text; BLQ below quantification.")
    yield _unit(code, endpoint, item)


def _in_its_unit(endpoint: ConcentrationEndpoint, item: Item) -> str:
    return "" if endpoint.reported_unit is None else f", reported in {item.unit}"


def _unit(code: str, endpoint: ConcentrationEndpoint, item: Item) -> ValueLevel:
    if endpoint.reported_unit is None:
        return _value("AVALU", code, "text", "Assigned", f"Always {item.unit}: the item's unit.")
    words = f"The unit that the laboratory reports ({endpoint.reported_unit}), else {item.unit}."
    return _value("AVALU", code, "text", "Derived", words)


def _value(
    name: str, parameter: str, kind: Kind, origin: str, words: str, codes: str | None = None
) -> ValueLevel:
    return ValueLevel(Variable(name, LABELS[name], kind, origin, words, codes), parameter)


def _time(definition: StudyDefinition, endpoint: TimeToEventEndpoint) -> str:
    start = definition.anchor(endpoint.origin).label
    counted = ", that day counted" if endpoint.day_rule == "plus_one" else ""
    ends = [definition.anchor(each).label for each in endpoint.censor_at]
    ended = f", at most to: {'; '.join(ends)}" if ends else ""
    return (
        f"Whole days from: {start}{counted}; to the first of: "
        f"{_named(definition, endpoint.events)}; without one to the last of: "
        f"{_named(definition, endpoint.censoring)}{ended}{_until(definition, endpoint.horizon)}."
    )


def _named(definition: StudyDefinition, sources: Iterable[str]) -> str:
    return ", ".join(definition.event_source(each).description for each in sources)


def _until(definition: StudyDefinition, horizon: Horizon | None) -> str:
    if horizon is None:
        return ""
    return f", within {horizon.years} years from: {definition.anchor(horizon.anchor).label}"
