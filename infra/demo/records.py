"""What the sites write down of a simulated child: its forms, in the order of their dates."""

from collections.abc import Iterator
from datetime import date, timedelta

from infra.demo import plan
from infra.demo.cohort import Child
from infra.demo.course import Course
from infra.demo.plan import Step

SEX = {"female": "F", "male": "M"}
INO_DOSES = ((1, "0.8"), (8, "0.5"), (15, "0.5"))
FOLLOW_UP = (
    ("FU06", 184), ("FU12", 366), ("FU18", 549), ("FU24", 732), ("FU30", 914), ("FU36", 1097),
    ("FU42", 1279), ("FU48", 1462), ("FU54", 1645), ("FU60", 1826),
)  # fmt: skip


def screening(child: Child) -> list[Step]:
    """Consent, demographics and disease, before the allocation."""
    on = child.randomized_on
    consent = {"consent_date": child.consented_on.isoformat(), "assent_due": False}
    demographics = {"birth_month": child.born.strftime("%Y-%m"), "sex": SEX[child.sex]}
    disease = {
        "first_diagnosis_date": child.first_diagnosis_on.isoformat(),
        "relapse_date": child.relapse_on.isoformat(),
        "marrow_blasts": child.blasts,
        "cd22_positive": True,
    }
    return [
        plan.assessment(child.subject, child.site, form, items, on, visit="SCR")
        for form, items in (
            ("consent", consent),
            ("demographics", demographics),
            ("disease", disease),
        )
    ]


def after_allocation(child: Child, arm: str, course: Course) -> list[Step]:
    """Everything from the first dose to the last contact, ordered by date."""
    steps = [
        *_dosing(child, arm, course),
        *_induction(child, course),
        *_later(child, course),
        *_follow_up(child, course),
        *_safety(child, course),
    ]
    return sorted(steps, key=lambda step: step.on)


def _dosing(child: Child, arm: str, course: Course) -> Iterator[Step]:
    doses = INO_DOSES if arm == "INO" else ((1, "10"),)
    product, unit = ("INO", "mg/m2") if arm == "INO" else ("MITOX", "mg/m2")
    for number, (day, amount) in enumerate(doses):
        on = course.first_dose_on + timedelta(days=day - 1)
        visit = ("C1D1", "C1D8", "C1D15")[number]
        items = {
            "product": product,
            "dose_date": on.isoformat(),
            "given": True,
            "amount": amount,
            "amount_unit": unit,
        }
        yield plan.assessment(child.subject, child.site, "dosing", items, on, visit=visit)
        if arm == "INO":
            yield from _concentrations(child, visit, on)


def _concentrations(child: Child, visit: str, on: date) -> Iterator[Step]:
    level = 180 + int(child.chances.detail * 240)
    for repeat, (timepoint, concentration) in enumerate(
        (
            ("PRE_DOSE", None if visit == "C1D1" else str(level // 9)),
            ("END_OF_INFUSION", str(level)),
        ),
        start=1,
    ):
        items = {
            "sample_date": on.isoformat(),
            "timepoint": timepoint,
            "below_quantification": concentration is None,
            "quantification_limit": "1",
        }
        if concentration is not None:
            items["concentration"] = concentration
        yield plan.assessment(
            child.subject, child.site, "pk_sample", items, on, visit=visit, repeat=repeat
        )


def _induction(child: Child, course: Course) -> Iterator[Step]:
    on = course.assessed_on
    day = on.isoformat()
    response = {"assessment_date": day, "response": course.response}
    yield plan.assessment(child.subject, child.site, "response", response, on, visit="C1D28")
    eot = {"recovery_date": course.recovered_on.isoformat()}
    yield plan.assessment(child.subject, child.site, "end_of_treatment", eot, on, visit="C1D28")
    if course.mrd_fraction is not None:
        mrd = {
            "sample_id": f"{child.subject}-28",
            "sample_date": day,
            "material": "BM",
            "method": "RQPCR",
            "assay_valid": True,
            "kind": "QUANT",
            "fraction": course.mrd_fraction,
            "sensitivity": "0.00001",
            "quantitative_range": "0.00005",
        }
        yield plan.assessment(child.subject, child.site, "mrd", mrd, on, visit="C1D28")


def _later(child: Child, course: Course) -> Iterator[Step]:
    found = (
        (
            "new_anticancer_therapy",
            course.new_therapy_on,
            {
                "start_date": course.new_therapy_on.isoformat(),
                "therapy_class": "CONSOLIDATION" if course.responded else "SALVAGE",
            },
        ),
        ("hsct", course.hsct_on, {"transplant_date": _iso(course.hsct_on), "conditioning": "TBI"}),
        ("car_t", course.car_t_on, {"infusion_date": _iso(course.car_t_on)}),
        (
            "relapse_progression",
            course.relapse_on,
            {"event_date": _iso(course.relapse_on), "event": "RELAPSE", "site": "BM"},
        ),
    )
    for form, on, items in found:
        if on is not None and on <= course.last_seen_on:
            yield plan.assessment(child.subject, child.site, form, items, on)


def _follow_up(child: Child, course: Course) -> Iterator[Step]:
    died = course.died_on is not None
    for visit, day in FOLLOW_UP:
        on = min(child.randomized_on + timedelta(days=day - 1), course.last_seen_on)
        last = on == course.last_seen_on
        dead = last and died
        items = {"contact_date": on.isoformat(), "status": "DEAD" if dead else "ALIVE"}
        if dead:
            items |= {"death_date": on.isoformat(), "death_cause": "DISEASE"}
        else:
            items["last_known_alive_date"] = on.isoformat()
        yield plan.assessment(child.subject, child.site, "survival_status", items, on, visit=visit)
        if course.responded and course.relapse_on is None and not dead:
            seen = {"assessment_date": on.isoformat(), "response": "CR"}
            yield plan.assessment(child.subject, child.site, "response", seen, on, visit=visit)
        if last:
            return


def _safety(child: Child, course: Course) -> Iterator[Step]:
    on = course.first_dose_on + timedelta(days=9)
    nausea = {"term": "Nausea", "grade": 2, "start_date": on.isoformat(), "serious": False}
    yield plan.assessment(child.subject, child.site, "adverse_event", nausea, on)
    if course.serious_event_on is not None:
        start = course.serious_event_on
        fever = {
            "term": "Febrile neutropenia",
            "grade": 3,
            "start_date": start.isoformat(),
            "serious": True,
            "relationship": "RELATED",
            "hospitalisation": True,
        }
        yield plan.assessment(
            child.subject, child.site, "adverse_event", fever, start + timedelta(days=1), repeat=2
        )


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()
