"""The simulated cohort is asked for what its sites leave out, and for nothing that does not fit."""

from infra.demo import cohort, records
from infra.demo.course import course
from shared.study.dates import PartialDate
from shared.study.derivation import Record, anchor_dates
from shared.study.edit_checks import ANCHOR_PREFIX
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value, parse_value
from tests.support.definitions import shipped

TRIAL = shipped(cohort.STUDY)
# Actual times of samples, and the donor of a transplant: the simulation has neither.
LEFT_OUT = {"PK-07", "HSCT-01"}


def failed(child: cohort.Child, arm: str) -> set[str]:
    steps = [*records.screening(child), *records.after_allocation(child, arm, course(child, arm))]
    found = []
    for number, step in enumerate(steps):
        form = TRIAL.form(step.body["form"])
        values: dict[str, Value | None] = {
            name: parse_value(form.item(name), raw) for name, raw in step.body["items"].items()
        }
        found.append((step, Record(form.id, str(number), values, step.body.get("visit"))))
    dates = anchor_dates(TRIAL, [record for _, record in found], child.randomized_on)
    wrong = set()
    for step, record in found:
        context: dict[str, Value | None] = {
            "age_years": child.age_years(),
            "consented_on": child.consented_on,
            "birth_year_month": PartialDate.parse(child.born.strftime("%Y-%m")),
            "recorded_on": step.on,
            "visit": record.visit or "UNSCHEDULED",
            **{f"{ANCHOR_PREFIX}{name}": day for name, day in dates.items()},
        }
        for check in TRIAL.checks_of(record.form):
            thresholds = TRIAL.thresholds_by_id()
            values = {**context, **record.values}
            if check.holds and evaluate(check.holds, values, thresholds) is Truth.FALSE:
                wrong.add(check.id)
    return wrong


def test_a_simulated_cohort_fails_no_check_but_for_what_it_leaves_out() -> None:
    children = cohort.simulate(7, 30)
    wrong = {each for child in children for arm in ("INO", "ALLR3") for each in failed(child, arm)}
    assert wrong == LEFT_OUT
