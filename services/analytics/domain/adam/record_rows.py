"""ADAE, ADPC and ADPP: a row for each adverse event, sample, and concentration that counts."""

from collections.abc import Iterator, Mapping, Sequence

from services.analytics.domain.adam.cells import day_of, number_of, text_of
from services.analytics.domain.adam.codes import measured
from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.subject_rows import (
    Values,
    about,
    flag,
    flags,
    source,
)
from services.analytics.domain.adverse_events import (
    NOT_CODED,
    adverse_events,
    of_kind,
    worst_grade,
)
from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.concentration_rows import sample_at
from services.analytics.domain.subjects import Subject
from shared.rules.censored import Censored
from shared.rules.terms import term_list
from shared.study.derivation import Record
from shared.study.endpoints import AdverseEventEndpoint, ConcentrationEndpoint
from shared.study.values import Value

BELOW = "BLQ"


def event_rows(
    model: Model, subjects: Sequence[Subject], sets: Sequence[Membership]
) -> Iterator[Values]:
    """The rows of ADAE: every event of the forms that endpoints count, in the window or not."""
    endpoints = [e for e in model.definition.endpoints if isinstance(e, AdverseEventEndpoint)]
    forms = {each.form: each for each in reversed(endpoints)}
    for subject in subjects:
        common = about(model, subject) | flags(model, subject, sets)
        counted = _counted(model, endpoints, subject)
        for record in subject.records:
            if record.form in forms:
                endpoint = forms[record.form]
                yield (
                    common
                    | _event(model, endpoint, subject, record)
                    | counted.get(record.key, {"SAFWINFL": "N", "TRTEMFL": "N", "AOCCIFL": "N"})
                )


def sample_rows(
    model: Model, subjects: Sequence[Subject], sets: Sequence[Membership]
) -> Iterator[Values]:
    """The rows of ADPC: every sample of the forms that endpoints read."""
    endpoints = [e for e in model.definition.endpoints if isinstance(e, ConcentrationEndpoint)]
    forms = {(each.form, each.value): each for each in reversed(endpoints)}
    for endpoint in forms.values():
        code, label = measured(model.definition, endpoint)
        for subject in subjects:
            for record in subject.records:
                if record.form == endpoint.form:
                    about_it = _sample(model, endpoint, subject, record)
                    yield (
                        about(model, subject)
                        | flags(model, subject, sets)
                        | about_it
                        | {"PARAMCD": code, "PARAM": label}
                    )


def parameter_rows(
    model: Model, subjects: Sequence[Subject], sets: Sequence[Membership]
) -> Iterator[Values]:
    """The rows of ADPP: of each endpoint and visit the sample of a subject that counts."""
    for endpoint in model.definition.endpoints:
        if not isinstance(endpoint, ConcentrationEndpoint):
            continue
        for visit in endpoint.visits:
            for subject in subjects:
                record = sample_at(model.definition, endpoint, subject, visit)
                if record is not None:
                    about_it = _sample(model, endpoint, subject, record)
                    yield (
                        about(model, subject)
                        | flags(model, subject, sets)
                        | about_it
                        | {"PARAMCD": endpoint.paramcd, "PARAM": endpoint.label}
                    )


def _event(
    model: Model, endpoint: AdverseEventEndpoint, subject: Subject, record: Record
) -> Values:
    definition, values = model.definition, record.values
    dictionary = definition.form(endpoint.form).item(endpoint.term).dictionary
    words = text_of(values.get(endpoint.term))
    term = None if dictionary is None else term_list(dictionary).find(words or "")
    start = values.get(endpoint.start)
    adae = model.find("ADAE")
    filled = {
        each.name: text_of(values.get(each.item))
        for each in (() if adae is None else adae.variables)
        if each.item is not None
    }
    return {
        "AETERM": words,
        "AEDECOD": NOT_CODED if term is None else term.name,
        "AEBODSYS": NOT_CODED if term is None else term.organ_class,
        "ATOXGR": text_of(values.get(endpoint.grade)),
        "ASTDTC": text_of(start),
        "ASTDT": day_of(start),
        **filled,
        **source(subject, record.key, endpoint.term),
    }


def _counted(
    model: Model, endpoints: Sequence[AdverseEventEndpoint], subject: Subject
) -> dict[str, Values]:
    """By record in the window: its flags, and which summaries count it."""
    found: dict[str, Values] = {}
    received = model.definition.analysis.received
    first_dose = None if received is None else subject.anchors.get(received.anchor)
    summaries: dict[str, list[str]] = {}
    for endpoint in endpoints:
        events = adverse_events(model.definition, endpoint, subject)
        worst = worst_grade(events)
        for summary in endpoint.summaries:
            for each in of_kind(model.definition, summary, subject, events):
                name = f"{endpoint.paramcd}.{summary.id}"
                summaries.setdefault(each.record.key, []).append(name)
        first = next((e for e in events if e.grade is not None and str(e.grade) == worst), None)
        for each in events:
            emergent = first_dose is not None and each.latest >= first_dose
            found[each.record.key] = {
                "SAFWINFL": "Y",
                "TRTEMFL": flag(emergent),
                "AOCCIFL": flag(each is first),
            }
    for key, names in summaries.items():
        found[key]["ASUMS"] = " ".join(names)
    return found


def _sample(
    model: Model, endpoint: ConcentrationEndpoint, subject: Subject, record: Record
) -> Values:
    values: Mapping[str, Value | None] = record.values
    form = model.definition.form(endpoint.form)
    value = values.get(endpoint.value)
    below = values.get(endpoint.below_quantification) is True
    if isinstance(value, Censored):
        below = below or value.relation.startswith("<")
    unit = None if endpoint.reported_unit is None else values.get(endpoint.reported_unit)
    return {
        "AVISIT": record.visit,
        "ATPT": text_of(values.get(endpoint.timepoint)),
        "ADT": None if form.date_item is None else day_of(values.get(form.date_item)),
        "AVAL": None if below else number_of(value),
        "AVALC": BELOW if below else text_of(value),
        "AVALU": text_of(unit) or form.item(endpoint.value).unit,
        "BLQFL": flag(below),
        **source(subject, record.key, endpoint.value),
    }
