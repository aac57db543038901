"""Box 7 + 13 from a report, by a fixed template: events, opinions, narrative, tests."""

from collections.abc import Iterator

from services.safety.documents.words import amount, criteria, told, word
from services.safety.e2b.model import Icsr, LabResult, Patient, Reaction
from services.safety.e2b.values import Flag, Stamp


def describe(report: Icsr) -> str:
    """The text. The same report gives the same text."""
    parts = [
        *(_event(number, one) for number, one in enumerate(report.e_i, start=1)),
        *_opinions(report),
        *_latencies(report),
        _death(report.d),
        told(report.h.h_1),
        *_tests(report.f_r),
        *_comments(report),
    ]
    return "\n".join(part for part in parts if part)


def event_name(reaction: Reaction) -> str:
    """What it is called: as reported, translated, or by its code alone."""
    return reaction.e_i_1_2 or reaction.e_i_1_1a or f"MedDRA {reaction.e_i_2_1b or 'not coded'}"


def _event(number: int, one: Reaction) -> str:
    coded = f"LLT {one.e_i_2_1b}, MedDRA {one.e_i_2_1a}" if one.e_i_2_1b else "not coded"
    met = [words for field, words in criteria().items() if getattr(one, field) is True]
    span = " to ".join(part for part in (told(one.e_i_4), told(one.e_i_5)) if part)
    told_parts = [
        f"onset {span}" if span else "",
        f"lasted {lasted}" if (lasted := amount(one.e_i_6a, one.e_i_6b)) else "",
        f"serious: {', '.join(met)}" if met else "not serious",
        word("outcome", one.e_i_7),
        _confirmed(one.e_i_8),
    ]
    return f"Event {number}: {event_name(one)} ({coded}); " + "; ".join(
        part for part in told_parts if part
    )


def _confirmed(flag: Flag) -> str:
    if isinstance(flag, bool):
        return word("confirmed", str(flag).lower())
    return f"medical confirmation: {told(flag)}" if flag is not None else ""


def _opinions(report: Icsr) -> Iterator[str]:
    names = {one.entity: event_name(one) for one in report.e_i}
    for drug in report.g_k:
        for pair in drug.g_k_9_i:
            event = names.get(pair.g_k_9_i_1, "an event that is not in the report")
            for one in pair.g_k_9_i_2_r:
                eu = word("eu_causality", one.g_k_9_i_2_r_3_eu_1)
                result = one.g_k_9_i_2_r_3 or eu or "not told"
                by = f" by method {one.g_k_9_i_2_r_2}" if one.g_k_9_i_2_r_2 else ""
                source = one.g_k_9_i_2_r_1 or "Unknown"
                yield f"{source} on {drug.g_k_2_2 or 'drug'} and {event}{by}: {result}"


def _death(patient: Patient) -> str:
    if patient.d_9_1 is None and not patient.d_9_2_r and not patient.d_9_4_r:
        return ""
    autopsy = "autopsy done" if patient.d_9_3 is True else "no autopsy"
    said = (
        f"Died: {told(patient.d_9_1) or 'day not told'}",
        autopsy if isinstance(patient.d_9_3, bool) else "",
        *(f"cause {one.d_9_2_r_2 or one.d_9_2_r_1b}" for one in patient.d_9_2_r),
        *(f"cause by autopsy {one.d_9_4_r_2 or one.d_9_4_r_1b}" for one in patient.d_9_4_r),
    )
    return "; ".join(part for part in said if part)


def _latencies(report: Icsr) -> Iterator[str]:
    names = {one.entity: event_name(one) for one in report.e_i}
    for drug in report.g_k:
        for pair in drug.g_k_9_i:
            since = (
                ("its first dose", amount(pair.g_k_9_i_3_1a, pair.g_k_9_i_3_1b)),
                ("its last dose", amount(pair.g_k_9_i_3_2a, pair.g_k_9_i_3_2b)),
            )
            said = ", ".join(f"{how_long} after {what}" for what, how_long in since if how_long)
            if said:
                event = names.get(pair.g_k_9_i_1, "an event that is not in the report")
                yield f"{drug.g_k_2_2 or 'drug'}: {event} began {said}"


def _tests(results: tuple[LabResult, ...]) -> Iterator[str]:
    for one in results:
        name = one.f_r_2_1 or f"MedDRA {one.f_r_2_2b or 'not coded'}"
        value = " ".join(
            part
            for part in (
                one.f_r_3_2_qualifier, one.f_r_3_2, one.f_r_3_3, word("result", one.f_r_3_1),
                one.f_r_3_4,
            )
            if part
        )  # fmt: skip
        limits = ", ".join(
            f"{end} {limit}"
            for end, limit in (("normal from", one.f_r_4), ("normal to", one.f_r_5))
            if limit
        )
        day = told(one.f_r_1)
        when = f"{day} {name}" if isinstance(one.f_r_1, Stamp) else f"{name} (day {day})"
        line = f"Test {when}: {value or 'no result'}"
        line += f" ({limits})" if limits else ""
        yield line + (f". {one.f_r_6}" if one.f_r_6 else "")


def _comments(report: Icsr) -> Iterator[str]:
    for code in report.h.h_3_r:
        yield f"Sender's diagnosis: LLT {code.h_3_r_1b}, MedDRA {code.h_3_r_1a}"
    if report.h.h_2:
        yield f"Reporter: {report.h.h_2}"
    if report.h.h_4:
        yield f"Sender: {report.h.h_4}"
    for one in report.h.h_5_r:
        yield f"In the reporter's language ({one.h_5_r_1b or 'not told'}): {one.h_5_r_1a or ''}"
