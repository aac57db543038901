"""Box 23 from a report: the patient's size and history, and the parent's."""

from collections.abc import Iterator
from typing import Any

from services.safety.documents.drug_words import joined, past_drug
from services.safety.documents.words import Terms, amount, coded, told, word
from services.safety.e2b.model import Parent, Patient


def history(patient: Patient, terms: Terms) -> str:
    """A line for each thing that is told; the form has no boxes for size, pregnancy and parent."""
    parts = [_size(patient.d_3, patient.d_4), *_pregnancy(patient), told(patient.d_7_2)]
    for one in patient.d_7_1_r:
        family = "in the family" if one.d_7_1_r_6 is True else ""
        parts.append(_disease(one, "d_7_1_r", family, terms))
    parts += (past_drug(drug, terms) for drug in patient.d_8_r)
    if patient.d_7_3 is True:
        parts.append("other therapies at the time of the event: see the narrative")
    if patient.d_10 is not None:
        parts += (f"parent: {line}" for line in _parent(patient.d_10, terms) if line)
    return "\n".join(part for part in parts if part)


def _parent(parent: Parent, terms: Terms) -> Iterator[str]:
    age = amount(parent.d_10_2_2a, parent.d_10_2_2b) or told(parent.d_10_2_1)
    yield joined((told(parent.d_10_1), word("sex", parent.d_10_6), age))
    yield _size(parent.d_10_4, parent.d_10_5)
    if parent.d_10_3 is not None:
        yield f"last menstrual period {told(parent.d_10_3)}"
    yield from (parent.d_10_7_2 or "").split("\n")
    for one in parent.d_10_7_1_r:
        yield _disease(one, "d_10_7_1_r", "", terms)
    for drug in parent.d_10_8_r:
        yield past_drug(drug, terms)


def _disease(one: Any, at: str, family: str, terms: Terms) -> str:
    code, start, continuing, end, comment = (getattr(one, f"{at}_{n}") for n in ("1b", *"2345"))
    when = " to ".join(part for part in (told(start), told(end)) if part)
    term = coded(code, terms) if code else "not coded"
    goes_on = "continuing" if continuing is True else ""
    return joined((term, when, goes_on, family, comment or ""))


def _pregnancy(patient: Patient) -> Iterator[str]:
    if patient.d_6 is not None:
        yield f"last menstrual period {told(patient.d_6)}"
    if gestation := amount(patient.d_2_2_1a, patient.d_2_2_1b):
        yield f"foetus at a gestation of {gestation}"


def _size(weight: str | None, height: str | None) -> str:
    told = (("weight", weight, "kg"), ("height", height, "cm"))
    return joined(f"{name} {number} {unit}" for name, number, unit in told if number)
