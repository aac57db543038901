"""Where each box of the form stands: our own drawing of the CIOMS I layout, in points on A4."""

from dataclasses import dataclass

WIDTH, HEIGHT = 595.28, 841.89
MARGIN = 28.0
_ROOM = WIDTH - 2 * MARGIN
_RIGHT = 150.0
_LEFT = _ROOM - _RIGHT
_HALF = _ROOM / 2
_TITLE, _BAND = 36.0, 14.0


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its text field of the form, its label, and its rectangle from the top left."""

    field: str
    label: str
    x: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Band:
    """The heading above a group of boxes."""

    text: str
    top: float


def _row(top: float, height: float, x: float, *cells: tuple[str, str, float]) -> list[Box]:
    row = []
    for name, label, width in cells:
        row.append(Box(name, label, x, top, width, height))
        x += width
    return row


_I = MARGIN + _TITLE
_II = _I + _BAND + 44 + 196
_III = _II + _BAND + 78 + 40 + 40 + 36
_IV = _III + _BAND + 58 + 58
FOOT = HEIGHT - MARGIN + 4

BANDS = (
    Band("I. REACTION INFORMATION", _I),
    Band("II. SUSPECT DRUG(S) INFORMATION", _II),
    Band("III. CONCOMITANT DRUG(S) AND HISTORY", _III),
    Band("IV. MANUFACTURER INFORMATION", _IV),
)
_one, _two, _three, _four = (top + _BAND for top in (_I, _II, _III, _IV))
BOXES: tuple[Box, ...] = (
    *_row(
        _one, 44, MARGIN,
        ("initials", "1. PATIENT INITIALS", 82), ("country", "1a. COUNTRY", 58),
        ("birth_date", "2. DATE OF BIRTH", 76), ("age", "2a. AGE", 56),
        ("sex", "3. SEX", 44), ("onset", "4-6. REACTION ONSET", _LEFT - 316),
    ),
    Box("description", "7 + 13. DESCRIBE REACTION(S), INCLUDING RELEVANT TESTS AND LAB DATA",
        MARGIN, _one + 44, _LEFT, 196),
    Box("seriousness", "8-12. CHECK ALL APPROPRIATE TO ADVERSE REACTION",
        MARGIN + _LEFT, _one, _RIGHT, 240),
    Box("suspect_drugs", "14. SUSPECT DRUG(S), WITH GENERIC NAME AND BATCH",
        MARGIN, _two, _LEFT, 78),
    *_row(_two + 78, 40, MARGIN,
          ("daily_doses", "15. DAILY DOSE(S)", _LEFT / 2),
          ("routes", "16. ROUTE(S) OF ADMINISTRATION", _LEFT / 2)),
    Box("indications", "17. INDICATION(S) FOR USE", MARGIN, _two + 118, _LEFT, 40),
    *_row(_two + 158, 36, MARGIN,
          ("therapy_dates", "18. THERAPY DATES (FROM / TO)", _HALF),
          ("therapy_duration", "19. THERAPY DURATION", _HALF)),
    Box("abated", "20. DID REACTION ABATE AFTER STOPPING DRUG?",
        MARGIN + _LEFT, _two, _RIGHT, 79),
    Box("reappeared", "21. DID REACTION REAPPEAR AFTER REINTRODUCTION?",
        MARGIN + _LEFT, _two + 79, _RIGHT, 79),
    Box("concomitants", "22. CONCOMITANT DRUG(S) AND DATES OF ADMINISTRATION",
        MARGIN, _three, _ROOM, 58),
    Box("history", "23. OTHER RELEVANT HISTORY", MARGIN, _three + 58, _ROOM, 58),
    Box("manufacturer", "24a. NAME AND ADDRESS OF MANUFACTURER OR SPONSOR",
        MARGIN, _four, _HALF, 62),
    *_row(_four + 62, 34, MARGIN,
          ("control_number", "24b. MFR CONTROL NO.", _HALF - 100),
          ("date_received", "24c. DATE RECEIVED", 100)),
    Box("source", "24d. REPORT SOURCE", MARGIN, _four + 96, _HALF, 38),
    Box("remarks", "26. REMARKS", MARGIN + _HALF, _four, _HALF, 62),
    *_row(_four + 62, 34, MARGIN + _HALF,
          ("study", "STUDY", _HALF - 100), ("report_date", "DATE OF THIS REPORT", 100)),
    Box("follow_up", "25a. REPORT TYPE", MARGIN + _HALF, _four + 96, _HALF, 38),
)  # fmt: skip
TEXTS = frozenset(
    {
        "initials", "country", "birth_date", "age", "sex", "onset", "description", "suspect_drugs",
        "daily_doses", "routes", "indications", "therapy_dates", "therapy_duration",
        "concomitants", "history", "manufacturer", "control_number", "date_received", "remarks",
        "study",
    }
)  # fmt: skip
