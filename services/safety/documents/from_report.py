"""From a report to the boxes of a CIOMS I form. Nothing that a box should hold is left out."""

from collections.abc import Callable, Iterable
from datetime import date

from services.safety.documents.form import CiomsForm, Seriousness, Source
from services.safety.documents.narrative import describe
from services.safety.documents.words import amount, told, word
from services.safety.e2b.model import Dosage, Drug, Icsr

_CONCOMITANT = "2"
_STUDY, _HEALTH_PROFESSIONALS = "2", frozenset({"1", "2", "3"})
_WITHDRAWN, _REAPPEARED, _NOT_REAPPEARED = "1", "1", "2"
_OVER = frozenset({"1", "2", "4"})


def cioms_form(report: Icsr, *, report_date: date, follow_up: bool | None) -> CiomsForm:
    """The form of a report. ``follow_up`` and the date are not in the report itself."""
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
        onset=_joined(dict.fromkeys(told(one.e_i_4) for one in report.e_i)),
        seriousness=_seriousness(report),
        description=describe(report),
        suspect_drugs=_numbered(suspects, _drug),
        daily_doses=_numbered(suspects, _doses),
        routes=_numbered(suspects, lambda drug: _over(drug, _route)),
        indications=_numbered(
            suspects, lambda drug: _joined(told(one.g_k_7_r_1) for one in drug.g_k_7_r)
        ),
        therapy_dates=_numbered(suspects, lambda drug: _over(drug, _span)),
        therapy_duration=_numbered(suspects, lambda drug: _over(drug, _duration)),
        abated=_abated(report, suspects),
        reappeared=_reappeared(suspects),
        concomitants=_numbered(others, lambda drug: f"{_drug(drug)} {_over(drug, _span)}".strip()),
        history=_history(report),
        manufacturer=_manufacturer(report),
        date_received=told(c_1.c_1_5),
        source=_source(report),
        follow_up=follow_up,
        remarks=c_1.c_1_11_2 or "",
    )


def _study(report: Icsr) -> str:
    if report.c_5 is None:
        return ""
    numbers = [told(report.c_5.c_5_3), *(told(one.c_5_1_r_1) for one in report.c_5.c_5_1_r)]
    return _joined(numbers)


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


def _drug(drug: Drug) -> str:
    substances = _joined(one.g_k_2_3_r_1 or "" for one in drug.g_k_2_3_r)
    lots = _over(drug, lambda dose: f"batch {dose.g_k_4_r_7}" if dose.g_k_4_r_7 else "")
    action = word("action", drug.g_k_8)
    extra = _joined(part for part in (substances, lots, action) if part)
    return f"{drug.g_k_2_2 or ''} ({extra})" if extra else drug.g_k_2_2 or ""


def _doses(drug: Drug) -> str:
    return _over(drug, _dose)


def _dose(dose: Dosage) -> str:
    amount_told = amount(dose.g_k_4_r_1a, dose.g_k_4_r_1b)
    every = amount(dose.g_k_4_r_2, dose.g_k_4_r_3)
    whole = f"{amount_told} every {every}" if amount_told and every else amount_told
    return _joined(part for part in (whole, dose.g_k_4_r_8 or "") if part)


def _route(dose: Dosage) -> str:
    return told(dose.g_k_4_r_10_1) or dose.g_k_4_r_10_2b or ""


def _span(dose: Dosage) -> str:
    start, end = told(dose.g_k_4_r_4), told(dose.g_k_4_r_5)
    return f"{start or '?'} / {end or '?'}" if start or end else ""


def _duration(dose: Dosage) -> str:
    return amount(dose.g_k_4_r_6a, dose.g_k_4_r_6b)


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


def _history(report: Icsr) -> str:
    parts = [_size(report), told(report.d.d_7_2)]
    for one in report.d.d_7_1_r:
        span = " to ".join(part for part in (told(one.d_7_1_r_2), told(one.d_7_1_r_4)) if part)
        coded = f"MedDRA LLT {one.d_7_1_r_1b or 'not coded'}"
        flags = (
            "continuing" if one.d_7_1_r_3 is True else "",
            "in the family" if one.d_7_1_r_6 is True else "",
        )
        parts.append(_joined(part for part in (coded, span, *flags, one.d_7_1_r_5 or "") if part))
    for drug in report.d.d_8_r:
        span = " to ".join(part for part in (told(drug.d_8_r_4), told(drug.d_8_r_5)) if part)
        parts.append(_joined(part for part in (f"past drug {told(drug.d_8_r_1)}", span) if part))
    return "\n".join(part for part in parts if part)


def _size(report: Icsr) -> str:
    """The form has no box of its own for it."""
    weight = f"weight {report.d.d_3} kg" if report.d.d_3 else ""
    height = f"height {report.d.d_4} cm" if report.d.d_4 else ""
    return _joined(part for part in (weight, height) if part)


def _manufacturer(report: Icsr) -> str:
    sender = report.c_3
    street = (sender.c_3_2, sender.c_3_4_1)
    town = " ".join(part for part in (sender.c_3_4_4, sender.c_3_4_2, sender.c_3_4_3) if part)
    return "\n".join(part for part in (*street, town, sender.c_3_4_5) if part)


def _source(report: Icsr) -> Source:
    qualified = {one.c_2_r_4 for one in report.c_2_r}
    return Source(
        study=report.c_1.c_1_3 == _STUDY,
        literature=bool(report.c_4_r),
        health_professional=bool(qualified & _HEALTH_PROFESSIONALS),
        other=bool(qualified - _HEALTH_PROFESSIONALS - {None}),
    )


def _over(drug: Drug, read: Callable[[Dosage], str]) -> str:
    return _joined(dict.fromkeys(text for dose in drug.g_k_4_r if (text := read(dose))))


def _numbered(drugs: list[Drug], read: Callable[[Drug], str]) -> str:
    texts = [(number, read(drug)) for number, drug in enumerate(drugs, start=1)]
    return "\n".join(f"#{number} {text}" for number, text in texts if text)


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
