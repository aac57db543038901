"""Section D of a report of a child or foetus: the patient is it, and the participant its parent."""

from dataclasses import replace
from datetime import date

from services.safety.domain.as_told import Missing, as_e2b, stamp
from services.safety.domain.body_size import Size, rounded, size_at
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.icsr_codes import codes
from services.safety.domain.icsr_dosage import measured
from services.safety.domain.icsr_history import line
from services.safety.domain.kin import Offspring, Parent
from services.safety.e2b import model
from services.safety.e2b.values import NullFlavor, Text
from shared.study.ages import completed_years
from shared.study.dates import PartialDate


def of_offspring(told: model.Patient, case: CaseFile, onset: date | None) -> model.Patient:
    """The patient as the child: of the participant's own age, sex and size nothing stays.

    It has no code of its own and goes by its parent's."""
    child, report = case.report.offspring or Offspring(), case.report
    parts: dict[str, str] = {
        **measured("d_2_2a", "d_2_2b", child.age),
        **measured("d_2_2_1a", "d_2_2_1b", child.gestation),
    }
    return replace(
        told,
        d_2_2a=parts.get("d_2_2a"),
        d_2_2b=parts.get("d_2_2b"),
        d_2_2_1a=parts.get("d_2_2_1a"),
        d_2_2_1b=parts.get("d_2_2_1b"),
        d_3=_told(report.weight_kg, "weight"),
        d_4=_told(report.height_cm, "height"),
        d_5=_sex(child.sex),
        d_10=_parent(case, report.parent or Parent(), onset),
    )


def _parent(case: CaseFile, parent: Parent, onset: date | None) -> model.Parent:
    day = onset or case.first_received
    uncoded = (line(each) for each in parent.history if each.coding is None)
    text = "\n".join(part for part in (parent.other_history, *uncoded) if part)
    found = model.Parent(
        d_10_1=case.subject,
        d_10_3=stamp(parent.last_period_on),
        d_10_4=_told(parent.weight_kg, "weight") or size_at(case.measured, "weight", day),
        d_10_5=_told(parent.height_cm, "height") or size_at(case.measured, "height", day),
        d_10_6=codes("sex").get(case.sex),
        d_10_7_2=text or None,
        d_10_7_1_r=_history(parent),
        d_10_8_r=_drugs(parent),
    )
    if onset is None:
        return replace(found, d_10_2_1=NullFlavor.MSK)
    years = completed_years(PartialDate.parse(case.born), onset)
    return replace(found, d_10_2_2a=str(years), d_10_2_2b=codes("fixed")["age_in_years"])


def _history(parent: Parent) -> tuple[model.ParentHistoryItem, ...]:
    return tuple(
        model.ParentHistoryItem(
            d_10_7_1_r_1a=each.coding.version,
            d_10_7_1_r_1b=each.coding.code,
            d_10_7_1_r_2=stamp(each.started),
            d_10_7_1_r_3=as_e2b(each.continuing),
            d_10_7_1_r_4=stamp(each.ended),
            d_10_7_1_r_5=each.comment,
        )
        for each in parent.history
        if each.coding is not None
    )


def _drugs(parent: Parent) -> tuple[model.ParentDrug, ...]:
    return tuple(
        model.ParentDrug(
            d_10_8_r_1=each.name if isinstance(each.name, str) else None,
            d_10_8_r_2a=None if each.product_code is None else each.product_code.version,
            d_10_8_r_2b=None if each.product_code is None else each.product_code.code,
            d_10_8_r_4=stamp(each.started),
            d_10_8_r_5=stamp(each.ended),
            d_10_8_r_6a=None if each.indication is None else each.indication.version,
            d_10_8_r_6b=None if each.indication is None else each.indication.code,
            d_10_8_r_7a=None if each.reaction is None else each.reaction.version,
            d_10_8_r_7b=None if each.reaction is None else each.reaction.code,
        )
        for each in parent.past_drugs
    )


def _told(size: str | None, which: Size) -> str | None:
    return None if size is None else rounded(size, which)


def _sex(told: str | Missing | None) -> Text:
    return NullFlavor(told.missing) if isinstance(told, Missing) else codes("sex").get(told or "")
