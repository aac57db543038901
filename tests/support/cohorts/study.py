"""Real cohorts as studies: a definition made for each, and the calls that enter it.

The files of a cohort hold times; a study holds days. AALL0434 tells whole days in years, the
transplants days. INO-VATE was read off a printed curve, in fractions of a day: there the place that
a time has among all times stands for it, so that order and ties stay.
"""

import csv
import hashlib
import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from infra.demo import plan
from infra.demo.plan import Step
from services.analytics.domain.observations import Observation
from shared.study import StudyDefinition, from_json, to_json
from tests.services.analytics.reference import Reference, load
from tests.support.definitions import shipped

STARTED = date(2001, 1, 1)
CUTOFF = date(2020, 12, 31)
SITE = "S01"
SOURCE = {"kind": "publication", "reference": "The cohort's own"}
YEARS = {"name": "years", "days": "365.25"}
DAYS = {"name": "days", "days": "1"}


@dataclass(frozen=True)
class Cohort:
    """A study: which data set each endpoint's times are in, in which unit they are told, and the
    factor of its strata. ``tau`` is how far a restricted mean goes, in that unit; ``by_place`` says
    that places stand for times."""

    study: str
    outcomes: Mapping[str, str]
    unit: Mapping[str, str] = field(default_factory=lambda: DAYS)
    factor: str | None = None
    tau: str | None = None
    by_place: bool = False
    causes: Sequence[str] = ()

    @cached_property
    def references(self) -> dict[str, Reference]:
        """Each endpoint's data and R's answers; skips the test where they are absent."""
        return {paramcd: load(name) for paramcd, name in self.outcomes.items()}

    @property
    def first(self) -> Reference:
        return next(iter(self.references.values()))

    def day(self, reference: Reference, time: float) -> int:
        """The day on which as much has happened as at a time of the file."""
        if self.by_place:
            return sum(each <= time for each in {float(o.time) for o in reference.observations})
        return round(time * float(self.unit["days"]))

    def told(self, reference: Reference, time: float) -> float:
        """A time of the file as a row tells it."""
        return float(self.day(reference, time)) if self.by_place else time

    @property
    def subjects(self) -> list[str]:
        return [f"{SITE}-{each.subject.zfill(4)}" for each in self.first.observations]

    @cached_property
    def enrolled(self) -> list[tuple[str, Observation]]:
        """Everybody in an order of their own: some files are sorted by arm, as no trial is."""
        found = list(zip(self.subjects, self.first.observations, strict=True))
        random.Random(self.study).shuffle(found)
        return found


AALL0434 = Cohort("AALL0434", {"EFS": "aall0434_efs", "OS": "aall0434_os"}, YEARS, "sex", "7")
INO_VATE = Cohort("INO-VATE", {"OS": "inovate_os_digitised"}, by_place=True)
BMT = Cohort("BMT", {"DFS": "bmt_km"}, factor="mtx", tau="1500", causes=("relapse", "death"))


def definition(cohort: Cohort) -> StudyDefinition:
    """The 1963 trial's conventions with the cohort's arms, strata, forms and endpoints."""
    told: dict[str, Any] = to_json(shipped("freireich-1963"))
    first = cohort.first
    told["identity"] |= {"id": cohort.study, "title": f"{cohort.study}, replayed",
                         "planned_subjects": len(first.observations)}  # fmt: skip
    (arm, _) = told["arms"]
    told["arms"] = [arm | {"code": each, "name": each} for each in first.arms]
    told["reference_arm"] = first.expected["reference_arm"]
    (strata,) = told["randomization"]["strata"]
    levels = [{"code": each.lower(), "label": each} for each in sorted(first.counts.strata)]
    told["randomization"] |= {
        "strata": [strata | {"factor": cohort.factor, "label": cohort.factor, "levels": levels}]
        if cohort.factor
        else [],
        "scheme": told["randomization"]["scheme"] | {"slots_per_stratum": slots(first)},
    }
    (outcome,), (form,), (endpoint,) = told["outcomes"], told["forms"], told["endpoints"]
    told |= {"outcomes": [], "forms": [], "endpoints": [], "event_sources": []}
    for row, (paramcd, reference) in enumerate(cohort.references.items(), start=1):
        told["outcomes"].append(outcome | {"row": f"S{row}", "name": paramcd})
        told["forms"].append(_form(form, paramcd, cohort.causes))
        told["event_sources"] += list(_sources(paramcd, cohort.causes))
        times = {t for a in reference.arms for t in reference.expected["km"][a]["times"]}
        landmarks = sorted({cohort.told(reference, time) for time in times})
        tests = ["logrank", "peto_peto", *(["logrank_stratified"] if cohort.factor else [])]
        told["endpoints"].append(endpoint | {
            "paramcd": paramcd, "outcome": f"S{row}", "label": paramcd, "tests": tests,
            "events": [f"{paramcd.lower()}_event"], "censoring": [f"{paramcd.lower()}_seen"],
        })  # fmt: skip
    told["endpoints"] += list(_by_cause(told["endpoints"][0], cohort.causes))
    told["analysis"] |= {
        "reporting_unit": dict(cohort.unit), "axis_unit": dict(cohort.unit), "tau": cohort.tau,
        "landmarks": [f"{each:g}" for each in landmarks], "minimum_events_for_hazard_ratio": 1,
    }  # fmt: skip
    return from_json(told)


def _form(form: Mapping[str, Any], paramcd: str, causes: Sequence[str]) -> dict[str, Any]:
    seen, yes = (item | {"id": name} for item, name in zip(
        form["items"], ("seen_on", "event"), strict=True))  # fmt: skip
    codes = [{"code": each, "label": each} for each in causes]
    cause = seen | {"id": "cause", "label": "Cause", "type": "code", "codes": codes,
                    "required": False}  # fmt: skip
    items = [seen, yes | {"label": paramcd}, *([cause] if causes else [])]
    return {**form, "id": f"status_{paramcd.lower()}", "date_item": "seen_on", "items": items}


def _sources(paramcd: str, causes: Sequence[str]) -> Iterator[dict[str, Any]]:
    named = paramcd.lower()
    conditions = {
        f"{named}_event": {"item": "event", "op": "eq", "value": True},
        f"{named}_seen": {"item": "event", "op": "eq", "value": False},
    } | {each: {"item": "cause", "op": "eq", "value": each} for each in causes}
    for name, where in conditions.items():
        select = {"form": f"status_{named}", "date": "seen_on", "where": where, "pick": "first"}
        yield {"id": name, "description": name, "select": select, "source": SOURCE}


def _by_cause(endpoint: Mapping[str, Any], causes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Each cause as success, with the others competing."""
    shared = ("outcome", "description", "populations", "comparison", "origin", "day_rule",
              "censoring", "source")  # fmt: skip
    for cause in causes:
        yield {name: endpoint[name] for name in shared} | {
            "paramcd": cause.upper(), "kind": "proportion", "label": cause,
            "successes": [cause], "competing": [each for each in causes if each != cause],
        }  # fmt: skip


def slots(reference: Reference) -> int:
    """Slots a stratum's list needs to hold every subject's arm, all arms being as many."""
    cells: dict[tuple[str, str], int] = {}
    for each in reference.observations:
        cells[each.stratum, each.arm] = cells.get((each.stratum, each.arm), 0) + 1
    return len(reference.arms) * max(cells.values())


def sealed_list(cohort: Cohort) -> Step:
    """The list whose first slots are the arms that the subjects had; what is left is never used."""
    reference = cohort.first
    size = slots(reference)
    columns = ["sequence", *([cohort.factor] if cohort.factor else []), "arm"]
    rows: list[list[str]] = []
    for stratum in sorted(reference.counts.strata):
        arms = [each.arm for _, each in cohort.enrolled if each.stratum == stratum]
        for arm in reference.arms:
            arms += [arm] * (size // len(reference.arms) - arms.count(arm))
        rows += [[*([stratum.lower()] if cohort.factor else []), arm] for arm in arms]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([str(number), *row] for number, row in enumerate(rows, start=1))
    content = file.getvalue()
    body = {
        "method": "uploaded_list", "list_id": "arms", "csv": content, "rows": len(rows),
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
    }  # fmt: skip
    return plan.sealing(body, STARTED)


def enrolment(cohort: Cohort) -> Iterator[Step]:
    """Register each subject and ask for its arm."""
    for subject, each in cohort.enrolled:
        strata = {cohort.factor: each.stratum.lower()} if cohort.factor else {}
        yield plan.registration(subject, SITE, "1990-01", "unknown", STARTED, STARTED)
        yield plan.allocation(subject, SITE, {}, strata, STARTED, signed=False)


def records(cohort: Cohort) -> str:
    """Everything that was seen of everybody, a line each."""
    return "".join(f"{json.dumps(each)}\n" for each in seen(cohort))


def seen(cohort: Cohort) -> Iterator[dict[str, Any]]:
    """Everything that was seen of everybody: subject, form, items."""
    for paramcd, reference in cohort.references.items():
        for subject, each, cause in zip(
            cohort.subjects, reference.observations, reference.causes, strict=True
        ):
            on = STARTED + timedelta(days=cohort.day(reference, float(each.time)))
            items: dict[str, Any] = {"seen_on": on.isoformat(), "event": each.event}
            if cohort.causes and cause.cause:
                items["cause"] = cohort.causes[cause.cause - 1]
            yield {"subject": subject, "form": f"status_{paramcd.lower()}", "items": items}
