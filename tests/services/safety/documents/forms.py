"""An invented CIOMS I form with a text of its own in every box."""

from datetime import date

from services.safety.documents.form import CiomsForm, Seriousness, Source

TEXTS = {
    "initials": "S-014",
    "country": "Česko",
    "birth_date": "2016-11",
    "age": "9 years",
    "sex": "F",
    "onset": "2026-03-31",
    "description": "Purple liver after the third dose.",
    "suspect_drugs": "#1 Purplimab (conjugate, batch A12)",
    "daily_doses": "#1 0.8 mg/m2",
    "routes": "#1 intravenous",
    "indications": "#1 relapsed leukaemia",
    "therapy_dates": "#1 2026-03-01 / 2026-03-15",
    "therapy_duration": "#1 15 days",
    "concomitants": "#1 Greenol 2026-02-01 / ?",
    "history": "Leukaemia, first diagnosed in 2022",
    "manufacturer": "Induct Sponsor\n1 Long Street",
    "control_number": "CZ-INDUCT-2026-0001",
    "date_received": "2026-04-06",
    "remarks": "Second report follows.",
    "study": "B1931036",
}


def form(**changes: object) -> CiomsForm:
    held: dict[str, object] = {
        **TEXTS,
        "report_date": date(2026, 4, 7),
        "seriousness": Seriousness(hospitalised=True, life_threatening=True),
        "source": Source(study=True, health_professional=True),
        "follow_up": False,
        **changes,
    }
    return CiomsForm(**held)  # type: ignore[arg-type]
