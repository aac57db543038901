"""A masked role learns nothing of the arm from what is derived."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.derived import derive_subject
from services.assessments.domain.history import History, Version
from services.assessments.domain.kept import Kept
from services.assessments.domain.packs.registry import packs_needed
from services.assessments.domain.subject_facts import subject_facts
from services.assessments.domain.subject_state import SubjectState
from services.assessments.events import hidden_forms
from shared.rules.loading import load_pack
from tests.services.assessments.derivations.story import (
    SUBJECT,
    changes,
    enter,
    listed,
    read,
    treat,
)
from tests.services.assessments.support import COUNTS, RANDOMIZED, Trial
from tests.support.definitions import shipped
from tests.support.examples import examples

MASKED = ("data_manager", "medical_monitor")
NCT = shipped("NCT05748171")
PACKS = {name: load_pack(name) for name in packs_needed()}
DOSES = {
    "INO": (
        {"product": "INO", "dose_date": "2024-01-29", "given": True, "amount": "0.8"},
        {"product": "INO", "dose_date": "2024-02-05", "given": True, "amount": "0.5"},
        {"product": "INO", "dose_date": "2024-02-12", "given": True, "amount": "0.5"},
    ),
    "ALLR3": ({"product": "MITOX", "dose_date": "2024-01-29", "given": True, "amount": "10"},),
}
SAMPLE = {
    "sample_date": "2024-02-05",
    "timepoint": "END_OF_INFUSION",
    "concentration": "301",
    "below_quantification": False,
}
# Ids and instants are drawn anew in each trial.
DRAWN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[0-9:.]+Z")


def test_what_reveals_the_arm_is_derived_for_open_roles_only(trial: Trial) -> None:
    treat(trial)
    enter(trial, "pk_sample", SAMPLE, "C1D8")
    open_names = set(listed(trial, role="statistician"))
    pk = {name for name in open_names if name.startswith(("pk_", "dose:"))}
    assert len(pk) > 2
    for role in MASKED:
        assert set(listed(trial, role=role)) == open_names - pk
        for name in pk:
            assert read(trial, name, role=role).status_code == 404


def test_what_rests_on_a_dose_shows_a_masked_role_no_trace(trial: Trial) -> None:
    records = treat(trial)
    shown = read(trial, "day1", role="statistician").json()
    masked = read(trial, "day1", role="data_manager").json()
    assert shown["trace"]["inputs"][0]["form"] == "dosing"
    assert masked["trace"] is None
    assert (masked["value"], masked["status"]) == ("2024-01-29", "final")
    text = json.dumps(masked)
    assert records["dosing"]["record_id"] not in text
    assert "do not exist for your role" in masked["explanation"]
    # What rests on none of it is explained to everybody alike.
    mrd = read(trial, "mrd_status:S1", role="statistician").json()
    assert read(trial, "mrd_status:S1", role="data_manager").json() == mrd | {
        "as_of_position": None
    }


def test_a_corrected_dose_leaves_no_version_event_or_impact_to_see(trial: Trial) -> None:
    records = treat(trial)
    told = len(changes(trial))
    before = {role: _seen(trial, role) for role in MASKED}
    since = trial.clock().isoformat()
    open_before = len(read(trial, "day1", role="statistician").json()["versions"])
    assert trial.correct(records["dosing"], {"dose_date": "2024-01-29", "amount": "0.8"}).is_success
    assert len(read(trial, "day1", role="statistician").json()["versions"]) == open_before + 1
    assert {role: _seen(trial, role) for role in MASKED} == before
    assert changes(trial)[told:] == []
    for role in MASKED:
        impact = trial.api.get("/impact", role=role, params={"since": since})
        assert impact.json()["items"] == []
    rederived = trial.api.post("/rederivations", json={"dry_run": True}, role="data_manager")
    assert rederived.json()["versions"] == 0


def test_two_arms_give_masked_roles_the_same_bytes(trial: Trial) -> None:
    for subject, arm in (("S01-001", "INO"), ("S01-002", "ALLR3")):
        trial.enrol(subject)
        trial.randomize(subject)
        _course(trial, subject, arm)
    for role in MASKED:
        one, other = (_told(trial, subject, role) for subject in ("S01-001", "S01-002"))
        assert one == other
    # Inputs of an event are ids and versions: in which order is drawn by lot, and all are alike.
    events = [
        DRAWN.sub("#", json.dumps([event for event in changes(trial) if event["subject_id"] == s]))
        for s in ("S01-001", "S01-002")
    ]
    assert events[0] == events[1].replace("S01-002", "S01-001")


def _course(trial: Trial, subject: str, arm: str) -> None:
    enter(trial, "blood_count", COUNTS, "C1D28", subject=subject)
    for number, dose in enumerate(DOSES[arm]):
        enter(trial, "dosing", dose, ("C1D1", "C1D8", "C1D15")[number], subject=subject)
    if arm == "INO":
        enter(trial, "pk_sample", SAMPLE, "C1D8", subject=subject)
    recovery = {"recovery_date": "2024-02-26"}
    enter(trial, "end_of_treatment", recovery, "C1D28", subject=subject)
    # Five days after the last dose of the one arm, long after the only dose of the other.
    therapy = {"start_date": "2024-02-17", "therapy_class": "CONSOLIDATION"}
    enter(trial, "new_anticancer_therapy", therapy, subject=subject)


def _seen(trial: Trial, role: str) -> dict[str, Any]:
    names = sorted(listed(trial, role=role))
    return {name: read(trial, name, role=role).json() for name in names}


def _told(trial: Trial, subject: str, role: str) -> list[str]:
    names = sorted(listed(trial, subject, role=role))
    answers = [read(trial, name, subject, role=role).text for name in names]
    return [DRAWN.sub("#", _in_order(answer)).replace(subject, SUBJECT) for answer in answers]


def _in_order(answer: str) -> str:
    """The answer with its inputs in the order of forms: that of record ids is drawn by lot."""
    told = json.loads(answer)
    lines = told["explanation"].split("\n")
    told["explanation"] = [
        sorted(DRAWN.sub("#", line).removeprefix("Inputs: ").removesuffix(".").split(", "))
        if line.startswith("Inputs: ")
        else line
        for line in lines
    ]
    if told["trace"] is not None:
        told["trace"]["inputs"].sort(key=lambda used: used["form"])
    return json.dumps(told)


def _history(number: int, form: str, visit: str, items: Mapping[str, str]) -> History:
    kept = {name: Kept(text) for name, text in items.items()}
    day = next(date.fromisoformat(v) for k, v in items.items() if k.endswith("_date"))
    version = Version(1, kept, day, 0, RANDOMIZED, "a", "investigator", "first entry", "1.0.0")
    return History(f"r{number:03}", SUBJECT, "S01", form, visit, number, (version,))


def _state(histories: Sequence[History]) -> SubjectState:
    return SubjectState(
        SUBJECT, "S01", "2015-06", "female", date(2024, 1, 20), date(2024, 1, 29),
        date(2024, 6, 1), tuple(histories),
    )  # fmt: skip


DAYS = st.integers(1, 200).map(lambda n: date.fromordinal(date(2024, 1, 29).toordinal() + n))
VISITS = st.sampled_from(("C1D1", "C1D8", "C1D15", "C1D28", "UNSCHEDULED"))
HIDDEN = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "product": st.sampled_from(("INO", "DEX", "VCR")),
                "dose_date": DAYS.map(str),
                "given": st.sampled_from(("true", "false")),
                "amount": st.sampled_from(("0.8", "10", "abc")),
            }
        ).map(lambda items: ("dosing", items)),
        st.fixed_dictionaries(
            {
                "sample_date": DAYS.map(str),
                "timepoint": st.sampled_from(("PRE_DOSE", "END_OF_INFUSION")),
                "concentration": st.sampled_from(("<1", "300")),
                "below_quantification": st.just("false"),
            }
        ).map(lambda items: ("pk_sample", items)),
    ).flatmap(lambda pair: VISITS.map(lambda visit: (*pair, visit))),
    max_size=5,
)
SHOWN = st.lists(
    st.one_of(
        st.fixed_dictionaries({"sample_date": DAYS.map(str), "evaluable": st.just("true"),
                               "blasts": st.sampled_from(("3", "<5", "30"))})
        .map(lambda items: ("marrow", items)),
        st.fixed_dictionaries({"sample_date": DAYS.map(str), "neutrophils": st.just("1.2"),
                               "platelets": st.sampled_from(("50", "120"))})
        .map(lambda items: ("blood_count", items)),
        st.fixed_dictionaries({"start_date": DAYS.map(str),
                               "therapy_class": st.just("CONSOLIDATION")})
        .map(lambda items: ("new_anticancer_therapy", items)),
        st.fixed_dictionaries({"recovery_date": DAYS.map(str)})
        .map(lambda items: ("end_of_treatment", items)),
        st.fixed_dictionaries({"transplant_date": DAYS.map(str)})
        .map(lambda items: ("hsct", items)),
        st.fixed_dictionaries({"assessment_date": DAYS.map(str),
                               "response": st.sampled_from(("CR", "SD", "NE"))})
        .map(lambda items: ("response", items)),
    ).flatmap(lambda pair: VISITS.map(lambda visit: (*pair, visit))),
    max_size=6,
)  # fmt: skip


@given(SHOWN, HIDDEN, HIDDEN)
@examples(2)
def test_hidden_records_behind_the_first_dose_move_nothing_that_is_shown(
    shown: list[tuple[str, dict[str, str], str]],
    one: list[tuple[str, dict[str, str], str]],
    other: list[tuple[str, dict[str, str], str]],
) -> None:
    first = ("dosing", {"product": "INO", "dose_date": "2024-01-29", "given": "true"}, "C1D1")
    faces = []
    for hidden in (one, other):
        records = [
            _history(n, form, visit, items)
            for n, (form, items, visit) in enumerate([first, *shown])
        ]
        records += [
            _history(n, form, visit, items) for n, (form, items, visit) in enumerate(hidden, 100)
        ]
        faces.append(_open_faces(_state(records)))
    assert faces[0] == faces[1]


def _open_faces(state: SubjectState) -> dict[str, Any]:
    """Of every derivation what a masked role is shown: the trace only where nothing is hidden."""
    hidden = hidden_forms(NCT)
    found = derive_subject(NCT, subject_facts(NCT, state), PACKS)
    return {
        name: (each.face, None if touched else each.trace)
        for name, each in found.items()
        if not each.arm_revealing
        for touched in [any(form in hidden for form, *_ in each.trace["inputs"])]
    }
