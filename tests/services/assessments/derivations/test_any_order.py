"""However records arrive, in whichever order and however often, what is derived is the same."""

import itertools
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.services.assessments.derivations.story import CR, DOSE, MRD, RECOVERY, faces
from tests.services.assessments.support import COUNTS, Trial
from tests.support.examples import examples

_numbers = itertools.count(1)
_RECORD = re.compile(r":[0-9a-f]{8}-.*")
MARROW = {"sample_date": "2024-02-25", "evaluable": True, "blasts": "3"}
THERAPY = {"start_date": "2024-03-10", "therapy_class": "CONSOLIDATION"}
FORMS: tuple[tuple[str, dict[str, Any], str | None], ...] = (
    ("dosing", DOSE, "C1D1"),
    ("blood_count", COUNTS, "C1D28"),
    ("marrow", MARROW, "C1D28"),
    ("response", CR, "C1D28"),
    ("end_of_treatment", RECOVERY, "C1D28"),
    ("mrd", MRD, "C1D28"),
    ("new_anticancer_therapy", THERAPY, None),
    ("hsct", {"transplant_date": "2024-05-02"}, None),
)
# A wrong value that is corrected to the right one later, or none.
WRONG: dict[str, dict[str, Any]] = {
    "marrow": {"blasts": "30"},
    "mrd": {"fraction": "0.002"},
    "response": {"response": "SD"},
    "end_of_treatment": {"recovery_date": "2024-02-20"},
    "new_anticancer_therapy": {"start_date": "2024-02-18"},
}


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[int, bool, bool]]:
    """The order of forms; which are entered wrongly at first; which are sent twice."""
    order = draw(st.permutations(range(len(FORMS))))
    return [(number, draw(st.booleans()), draw(st.booleans())) for number in order]


@pytest.fixture
def straight(trial: Trial) -> dict[str, tuple[Any, ...]]:
    """What is derived of a child whose forms arrive once, in order, and right."""
    subject = _randomized(trial, "S01-999")
    for form, items, visit in FORMS:
        assert trial.record(form, items, subject, visit=visit).status_code == 201
    return _named(faces(trial, subject))


@pytest.mark.proves("ASM-4", kind="property")
@pytest.mark.long
@examples(0.4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arriving=arrivals())
def test_order_retries_and_detours_leave_no_trace_in_what_is_derived(
    trial: Trial,
    straight: dict[str, tuple[Any, ...]],
    arriving: list[tuple[int, bool, bool]],
) -> None:
    subject = _randomized(trial, f"S01-{next(_numbers):03}")
    detours = []
    for index, wrong, twice in arriving:
        form, items, visit = FORMS[index]
        sent = items | (WRONG.get(form, {}) if wrong else {})
        key = f"{subject}-{form}"
        made = trial.record(form, sent, subject, visit=visit, key=key)
        assert made.status_code == 201, made.text
        if twice:
            again = trial.record(form, sent, subject, visit=visit, key=key)
            assert again.content == made.content
            assert trial.record(form, sent, subject, visit=visit).status_code == 200
        if sent != items:
            detours.append((made.json(), {name: items[name] for name in WRONG[form]}))
    for record, right in detours:
        assert trial.correct(record, right).status_code == 200
    assert _named(faces(trial, subject)) == straight
    # What was derived step by step is what deriving everything at once gives, traces and all.
    anew = trial.api.post("/rederivations", json={"dry_run": True}, role="statistician")
    assert (anew.json()["versions"], anew.json()["moved"]) == (0, [])


def _randomized(trial: Trial, subject: str) -> str:
    trial.enrol(subject)
    trial.randomize(subject)
    return subject


def _named(found: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {_RECORD.sub(":record", name): face for name, face in found.items()}
