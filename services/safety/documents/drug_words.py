"""Drugs of a report in words, for the boxes of a CIOMS I form."""

from collections.abc import Callable, Iterable
from typing import Any

from services.safety.documents.words import Terms, amount, coded, told, word
from services.safety.e2b.model import Dosage, Drug, ParentDrug, PastDrug
from services.safety.e2b.values import NullFlavor, Text


def named(drug: Drug) -> str:
    """A drug with its substances, form, batches, and what was done with it."""
    substances = joined(one.g_k_2_3_r_1 or "" for one in drug.g_k_2_3_r)
    lots = over(drug, lambda dose: f"batch {dose.g_k_4_r_7}" if dose.g_k_4_r_7 else "")
    forms = over(drug, _dose_form)
    circumstances = (word("circumstance", one.g_k_10_r) for one in drug.g_k_10_r)
    action = word("action", drug.g_k_8)
    exposed = amount(drug.g_k_6a, drug.g_k_6b)
    parts = (
        substances, forms, lots, f"obtained in {drug.g_k_2_4}" if drug.g_k_2_4 else "",
        _authorised(drug), action, *circumstances,
        f"exposed at a gestation of {exposed}" if exposed else "", drug.g_k_11 or "",
    )  # fmt: skip
    extra = joined(parts)
    return f"{drug.g_k_2_2 or ''} ({extra})" if extra else drug.g_k_2_2 or ""


def _authorised(drug: Drug) -> str:
    where = " ".join(part for part in (drug.g_k_3_2, drug.g_k_3_1) if part)
    return f"authorised: {joined((where, drug.g_k_3_3 or ''))}" if where else ""


def beside(drug: Drug, terms: Terms) -> str:
    """A drug that is no suspect: all that is told of it stands in one box."""
    parts = (over(drug, span), doses(drug), over(drug, route), over(drug, duration))
    more = joined((*parts, indications(drug, terms)))
    return f"{named(drug)} {more}".strip()


def indications(drug: Drug, terms: Terms) -> str:
    """What it was given for, with the codes."""
    return joined(
        _in_words(one.g_k_7_r_1, coded(one.g_k_7_r_2b, terms) if one.g_k_7_r_2b else None)
        for one in drug.g_k_7_r
    )


def doses(drug: Drug) -> str:
    """Its doses, each once, and what they came to until the first reaction."""
    total = amount(drug.g_k_5a, drug.g_k_5b)
    return joined((over(drug, _dose), f"in all {total} until the first reaction" if total else ""))


def _dose(dose: Dosage) -> str:
    amount_told = amount(dose.g_k_4_r_1a, dose.g_k_4_r_1b)
    every = amount(dose.g_k_4_r_2, dose.g_k_4_r_3)
    whole = f"{amount_told} every {every}" if amount_told and every else amount_told
    return joined(part for part in (whole, dose.g_k_4_r_8 or "") if part)


def route(dose: Dosage) -> str:
    """By which way a dose was given, and how a parent took it."""
    parents = _in_words(dose.g_k_4_r_11_1, dose.g_k_4_r_11_2b)
    own = _in_words(dose.g_k_4_r_10_1, dose.g_k_4_r_10_2b)
    return joined((own, f"parent: {parents}" if parents else ""))


def _dose_form(dose: Dosage) -> str:
    said = _in_words(dose.g_k_4_r_9_1, dose.g_k_4_r_9_2b)
    # In a row of other parts, why it is missing does not say what is.
    bare = isinstance(dose.g_k_4_r_9_1, NullFlavor) and dose.g_k_4_r_9_2b is None
    return f"dose form: {said}" if bare else said


def _in_words(words: Text, code: str | None) -> str:
    """Words and the code behind them; the code says more than why there are no words."""
    if code is None:
        return told(words)
    return code if words is None or isinstance(words, NullFlavor) else f"{words} ({code})"


def span(dose: Dosage) -> str:
    """From when to when a dose was given."""
    start, end = told(dose.g_k_4_r_4), told(dose.g_k_4_r_5)
    return f"{start or '?'} / {end or '?'}" if start or end else ""


def duration(dose: Dosage) -> str:
    """How long it was given."""
    return amount(dose.g_k_4_r_6a, dose.g_k_4_r_6b)


def past_drug(drug: PastDrug | ParentDrug, terms: Terms) -> str:
    """A drug of before, with what for and what came of it."""
    at = "d_8_r" if isinstance(drug, PastDrug) else "d_10_8_r"

    def part(number: str) -> Any:
        return getattr(drug, f"{at}_{number}")

    when = " to ".join(day for day in (told(part("4")), told(part("5"))) if day)
    return joined(
        (
            f"past drug {told(part('1'))}",
            part("2b") or part("3b") or "",
            when,
            f"for {coded(part('6b'), terms)}" if part("6b") else "",
            f"reaction {coded(part('7b'), terms)}" if part("7b") else "",
        )
    )


def over(drug: Drug, read: Callable[[Dosage], str]) -> str:
    """What is read off each dose, each answer once."""
    return joined(dict.fromkeys(text for dose in drug.g_k_4_r if (text := read(dose))))


def numbered(drugs: list[Drug], read: Callable[[Drug], str]) -> str:
    """A line for each drug of which something is said."""
    texts = [(number, read(drug)) for number, drug in enumerate(drugs, start=1)]
    return "\n".join(f"#{number} {text}" for number, text in texts if text)


def joined(parts: Iterable[str]) -> str:
    """The parts that there are."""
    return ", ".join(part for part in parts if part)
