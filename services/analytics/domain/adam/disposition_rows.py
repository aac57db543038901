"""ADDS: a row for each step of each registered subject, from consent to leaving the study.

The numbers of the flow of participants are counts of these rows; those of the analysis sets are
counts of ADSL.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.subject_rows import Values, about, flag, source
from services.analytics.domain.dispositions import exits_of, is_crossed, is_treated
from services.analytics.domain.results import NOT_RANDOMIZED
from services.analytics.domain.screening import ScreeningEnd
from services.analytics.domain.study_data import KeptRecord, Registered
from services.analytics.domain.subjects import Subject, source_of_anchor

DATASET = "ADDS"


def disposition_rows(
    model: Model,
    subjects: Sequence[Subject],
    registered: Mapping[str, Registered],
    ends: Mapping[str, ScreeningEnd],
) -> Iterator[Values]:
    """The rows, by subject. An open file has none that tells of treatment."""
    randomized = {subject.id: subject for subject in subjects}
    for subject_id in sorted(registered.keys() | randomized.keys()):
        subject = randomized.get(subject_id)
        if subject is None:
            yield from _screened(model, subject_id, registered[subject_id], ends.get(subject_id))
            continue
        common = about(model, subject)
        consent = registered.get(subject_id)
        if consent is not None:
            yield common | _step("registered", consent.consented_on)
        for row in _followed(model, subject):
            if not (model.is_open and row["REVARMFL"] == "Y"):
                yield common | row


def _screened(
    model: Model, subject_id: str, consent: Registered, end: ScreeningEnd | None
) -> Iterator[Values]:
    """Of a subject that was never randomized."""
    study = model.definition.id
    common: Values = {
        "STUDYID": study,
        "USUBJID": f"{study}-{subject_id}",
        "SUBJID": subject_id,
        "SITEID": consent.site,
    }
    yield common | _step("registered", consent.consented_on)
    if end is not None:
        led = {} if end.record is None else _led(model, end.record)
        yield common | _step(NOT_RANDOMIZED, end.on, reason=end.reason) | led


def _followed(model: Model, subject: Subject) -> Iterator[Values]:
    definition, veil = model.definition, model.veil
    disposition = definition.disposition
    if disposition is not None:
        hidden = disposition.treated in veil.anchors
        treated = is_treated(definition, subject)
        on = subject.anchors.get(disposition.treated)
        step = _step("treated" if treated else "untreated", on, reveals=hidden)
        yield step | (_dated_by(model, subject, disposition.treated) if treated else {})
    received = definition.analysis.received
    if received is not None and is_crossed(subject):
        on = subject.anchors.get(received.anchor)
        step = _step("treated_otherwise", on, reveals=True)
        yield step | _dated_by(model, subject, received.anchor)
    for left in exits_of(definition, subject):
        hidden = left.exit.id in veil.exits
        step = _step("left", left.on, left.exit.id, left.reason, reveals=hidden)
        item = left.exit.reason or left.exit.select.date
        yield step | source(subject, left.record.key, item)


def _step(
    step: str,
    on: date | None,
    category: str | None = None,
    reason: str | None = None,
    *,
    reveals: bool = False,
) -> Values:
    return {
        "DSSTEP": step,
        "DSCAT": category,
        "DSREASN": reason,
        "ADT": on,
        "REVARMFL": flag(reveals),
    }


def _dated_by(model: Model, subject: Subject, anchor: str) -> Values:
    found = source_of_anchor(model.definition, anchor, subject)
    return {} if found is None else source(subject, found.record.key, found.item)


def _led(model: Model, record: KeptRecord) -> Values:
    """To the date of the record that told why."""
    item = model.definition.form(record.form).date_item
    return {
        "SRCDOM": record.form,
        "SRCVAR": item,
        "SRCVIS": record.visit,
        "SRCSEQ": record.repeat,
        "SRCREC": record.record_id,
        "SRCVER": None if item is None else record.versions.get(item),
    }
