"""ADaM datasets, of unblinded exports only: ADSL of subjects, ADRS and ADTTE of what is derived.

Source: ADaM Implementation Guide 1.3; ADaM Basic Data Structure for Time-to-Event Analyses 1.0.
"""

from collections.abc import Iterator
from datetime import date

from services.assessments.domain.exports.sdtm import Child, Sdtm, Values
from shared.datasets.dataset import Cell

_SAME = ("STUDYID", "USUBJID", "SUBJID", "SITEID", "AGE", "AGEU", "SEX", "ARMCD", "ARM", "COUNTRY",
         "DTHFL")  # fmt: skip


def adam_rows(sdtm: Sdtm, dataset: str, child: Child, subject: Values) -> Iterator[Values]:
    """The rows of a child; ``subject`` is its row of DM."""
    match dataset:
        case "ADSL":
            yield _subject(child, subject)
        case "ADRS":
            yield from _responses(sdtm, child, subject)
        case _:
            yield from _times(sdtm, child, subject)


def _subject(child: Child, subject: Values) -> Values:
    started, randomized = _full(subject.get("RFXSTDTC")), child.participant.allocated_on
    return {name: subject.get(name) for name in _SAME} | {
        "RANDDT": randomized,
        "TRTSDT": started,
        "TRTEDT": _full(subject.get("RFXENDTC")),
        "DTHDT": _full(subject.get("DTHDTC")),
        "ITTFL": "N" if randomized is None else "Y",
        "SAFFL": "N" if started is None else "Y",
    }


def _responses(sdtm: Sdtm, child: Child, subject: Values) -> Iterator[Values]:
    derived = {each.name: each for each in child.participant.derived}
    for row in sdtm.pack.pack.rows("responses"):
        found = derived.get(str(row["derivation"]))
        if found is not None:
            yield _about(subject) | {
                "PARAMCD": str(row["paramcd"]),
                "PARAM": str(row["param"]),
                "AVALC": found.value,
                "RSTAT": found.status,
                "RREASN": found.reason,
            }


def _times(sdtm: Sdtm, child: Child, subject: Values) -> Iterator[Values]:
    labels = {each.paramcd: each.label for each in sdtm.definition.endpoints}
    rows = (each for each in child.participant.derived if "CNSR" in each.details)
    for found in sorted(rows, key=lambda each: str(each.details["PARAMCD"])):
        told = found.details
        code = str(told["PARAMCD"])
        yield _about(subject) | {
            "PARAMCD": code,
            "PARAM": labels.get(code, code),
            "STARTDT": _full(told.get("STARTDT")),
            "ADT": _full(told.get("ADT")),
            "AVAL": told.get("AVAL"),
            "CNSR": told.get("CNSR"),
            "EVNTDESC": told.get("EVNTDESC"),
            "CNSDTDSC": told.get("CNSDTDSC"),
            "SRCFORM": told.get("SRCDOM"),
            "SRCITEM": told.get("SRCVAR"),
            "SRCREC": told.get("SRCSEQ"),
        }


def _about(subject: Values) -> Values:
    return {name: subject.get(name) for name in ("STUDYID", "USUBJID", "ARMCD", "ARM")}


def _full(text: Cell) -> date | None:
    """The date of a text that is known to the day; a partial one has none, and is not imputed."""
    if not isinstance(text, str) or len(text) < len("2000-01-01"):
        return None
    return date.fromisoformat(text[:10])
