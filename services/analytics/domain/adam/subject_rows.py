"""ADSL: a row for each randomized subject, and what the rows of the other datasets take from it."""

from collections.abc import Iterator, Sequence
from datetime import date

from services.analytics.domain.adam.characteristics import characteristic_values
from services.analytics.domain.adam.codes import arm_number
from services.analytics.domain.adam.happenings import happening_values
from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.sets import SetNames
from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.subjects import Subject
from shared.datasets.dataset import Cell

Values = dict[str, Cell]


def subject_rows(
    model: Model, subjects: Sequence[Subject], sets: Sequence[Membership], cutoff: date
) -> Iterator[Values]:
    """The rows of ADSL, in the order of the subjects."""
    for subject in subjects:
        allocated = subject.allocated
        true_stratum = allocated.corrected_stratum or allocated.stratum
        common = about(model, subject)
        yield (
            common
            | {f"TRT01{name}": common[f"TRT{name}"] for name in ("P", "PN", "A", "AN")}
            | characteristic_values(model.definition, model.characteristics, subject)
            | {
                "RANDDT": allocated.randomized_on,
                "RANDERFL": flag(allocated.in_error),
                "STRATCFL": flag(true_stratum != allocated.stratum),
            }
            | {name: subject.anchors.get(anchor) for name, anchor in model.anchors.items()}
            | happening_values(model.definition, model.happenings, subject, cutoff)
            | flags(model, subject, sets)
            | reasons(model, subject, sets)
        )


def about(model: Model, subject: Subject) -> Values:
    """What every row tells of its subject; the arms only closed datasets have columns for."""
    allocated, definition = subject.allocated, model.definition
    received = subject.received
    return {
        "STUDYID": definition.id,
        "USUBJID": f"{definition.id}-{subject.id}",
        "SUBJID": subject.id,
        "SITEID": allocated.site,
        "TRTP": allocated.arm,
        "TRTPN": arm_number(definition, allocated.arm),
        "TRTA": received,
        "TRTAN": None if received is None else arm_number(definition, received),
        "STRATAR": allocated.stratum,
        "STRATAV": allocated.corrected_stratum or allocated.stratum,
    }


def flags(model: Model, subject: Subject, sets: Sequence[Membership]) -> Values:
    """Y or N for each analysis set that the class of output may tell."""
    return {names.flag: flag(subject.id in _found(names, sets).arms) for names in model.sets}


def reasons(model: Model, subject: Subject, sets: Sequence[Membership]) -> Values:
    """Why the subject is not in a set; None where it is."""
    return {names.reason: _found(names, sets).left_out.get(subject.id) for names in model.sets}


def flag(holds: bool) -> str:
    """Y or N."""
    return "Y" if holds else "N"


def source(subject: Subject, key: str, item: str) -> Values:
    """The variables that lead to a record, and to the version that gave the item its value."""
    kept = subject.kept[key]
    return {
        "SRCDOM": kept.form,
        "SRCVAR": item,
        "SRCVIS": kept.visit,
        "SRCSEQ": kept.repeat,
        "SRCREC": kept.record_id,
        "SRCVER": kept.versions.get(item),
    }


def _found(names: SetNames, sets: Sequence[Membership]) -> Membership:
    return next(each for each in sets if each.population.id == names.population.id)


def study_day(model: Model, subject: Subject, on: date | None) -> int | None:
    """ADY: the first day of treatment is 1, the one before it -1; None where treatment has no day
    that the class of output may tell."""
    start = subject.anchors.get(model.anchors.get("TRTSDT", ""))
    if on is None or start is None:
        return None
    days = (on - start).days
    return days + 1 if days >= 0 else days
