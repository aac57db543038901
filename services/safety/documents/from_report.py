"""From a report to the boxes of a CIOMS I form. Nothing that a box should hold is left out."""

from collections.abc import Iterator
from datetime import date

from services.safety.documents.drug_words import (
    beside,
    doses,
    duration,
    indications,
    joined,
    named,
    numbered,
    over,
    route,
    span,
)
from services.safety.documents.form import CiomsForm, Seriousness, Source
from services.safety.documents.narrative import describe
from services.safety.documents.patient_words import history
from services.safety.documents.words import Terms, amount, told, word
from services.safety.e2b.model import Drug, Icsr

_CONCOMITANT = "2"
_STUDY, _HEALTH_PROFESSIONALS, _OTHERS = "2", frozenset({"1", "2", "3"}), frozenset({"4", "5"})
_WITHDRAWN, _REAPPEARED, _NOT_REAPPEARED = "1", "1", "2"
_OVER = frozenset({"1", "2", "4"})


def _no_term(_code: str) -> None:
    """No dictionary is loaded."""


def cioms_form(
    report: Icsr, *, report_date: date, follow_up: bool | None, terms: Terms = _no_term
) -> CiomsForm:
    """The form of a report. ``follow_up`` and the date are not in the report itself; ``terms`` are
    the words of what it tells by code alone."""
    c_1, patient = report.c_1, report.d
    suspects = [drug for drug in report.g_k if drug.g_k_1 != _CONCOMITANT]
    others = [drug for drug in report.g_k if drug.g_k_1 == _CONCOMITANT]
    return CiomsForm(
        study=_study(report),
        control_number=c_1.c_1_1 or "",
        report_date=report_date,
        initials=told(patient.d_1),
        country=", ".join(dict.fromkeys(one.e_i_9 for one in report.e_i if one.e_i_9)),
        birth_date=told(patient.d_2_1),
        age=amount(patient.d_2_2a, patient.d_2_2b),
        sex=word("sex", patient.d_5),
        onset=joined(dict.fromkeys(told(one.e_i_4) for one in report.e_i)),
        seriousness=_seriousness(report),
        description=describe(report),
        suspect_drugs=numbered(suspects, named),
        daily_doses=numbered(suspects, doses),
        routes=numbered(suspects, lambda drug: over(drug, route)),
        indications=numbered(suspects, lambda drug: indications(drug, terms)),
        therapy_dates=numbered(suspects, lambda drug: over(drug, span)),
        therapy_duration=numbered(suspects, lambda drug: over(drug, duration)),
        abated=_abated(report, suspects),
        reappeared=_reappeared(suspects),
        concomitants=numbered(others, lambda drug: beside(drug, terms)),
        history=history(report.d, terms),
        manufacturer=_manufacturer(report),
        date_received=told(c_1.c_1_5),
        source=_source(report),
        follow_up=follow_up,
        remarks="\n".join(part for part in (c_1.c_1_11_2 or "", *_attached(report)) if part),
    )


def _study(report: Icsr) -> str:
    if report.c_5 is None:
        return ""
    numbers = [told(report.c_5.c_5_3), *(told(one.c_5_1_r_1) for one in report.c_5.c_5_1_r)]
    return joined(numbers)


def _seriousness(report: Icsr) -> Seriousness:
    def met(letter: str) -> bool:
        return any(getattr(one, f"e_i_3_2{letter}") is True for one in report.e_i)

    return Seriousness(
        died=met("a"),
        life_threatening=met("b"),
        hospitalised=met("c"),
        disabled=met("d"),
        congenital=met("e"),
        other=met("f"),
    )


def _abated(report: Icsr, suspects: list[Drug]) -> bool | None:
    """Only where a suspect drug was stopped: whether every event is over or getting better."""
    if not any(drug.g_k_8 == _WITHDRAWN for drug in suspects) or not report.e_i:
        return None
    outcomes = [one.e_i_7 for one in report.e_i]
    if None in outcomes or "0" in outcomes:
        return None
    return all(outcome in _OVER for outcome in outcomes)


def _reappeared(suspects: list[Drug]) -> bool | None:
    seen = {pair.g_k_9_i_4 for drug in suspects for pair in drug.g_k_9_i}
    if _REAPPEARED in seen:
        return True
    return False if _NOT_REAPPEARED in seen else None


def _manufacturer(report: Icsr) -> str:
    sender = report.c_3
    street = (sender.c_3_2, sender.c_3_4_1)
    town = " ".join(part for part in (sender.c_3_4_4, sender.c_3_4_2, sender.c_3_4_3) if part)
    return "\n".join(part for part in (*street, town, sender.c_3_4_5) if part)


def _attached(report: Icsr) -> Iterator[str]:
    """What goes with the report beside the form, which has no box for it."""
    for document in report.c_1.c_1_6_1_r:
        if document.c_1_6_1_r_2 is not None:
            file = joined((document.file_name or "", document.media_type or ""))
            yield f"Attached: {document.c_1_6_1_r_1 or 'document'} ({file})"
    for printed in report.c_4_r:
        copy = joined((printed.file_name or "", printed.media_type or ""))
        yield f"Literature: {told(printed.c_4_r_1)}" + (f" (attached: {copy})" if copy else "")


def _source(report: Icsr) -> Source:
    qualified = {one.c_2_r_4 for one in report.c_2_r}
    return Source(
        study=report.c_1.c_1_3 == _STUDY,
        literature=bool(report.c_4_r),
        health_professional=bool(qualified & _HEALTH_PROFESSIONALS),
        # Whose qualification is unknown is not said to be anybody else.
        other=bool(qualified & _OTHERS),
    )
