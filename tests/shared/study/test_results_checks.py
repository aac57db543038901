"""Results that a definition asks for can be made of what it collects."""

from pathlib import Path

import pytest

from shared.study.faults import Fault
from shared.study.loading import validate_text

SUBGROUPS = {
    "factor": ("kind: stratum, factor: age_group", "kind: stratum, factor: age",
               "analysis.subgroups[0].factor", "age is no stratification factor"),
    "item": ("when: {item: sex, op: eq, value: F}", "when: {item: gender, op: eq, value: F}",
             "analysis.subgroups[2].levels[0].when.item", "unknown item gender"),
    "form": ("      form: demographics\n", "      form: demography\n",
             "analysis.subgroups[2].form",
             "demography is not one of the forms; did you mean demographics?"),
    "level": ("{code: M, label: Male, when", "{code: F, label: Male, when",
              "analysis.subgroups[2].levels[1].code", "F is used twice"),
    "event": ("kind: occurrence, event: mrd_negative", "kind: occurrence, event: mrd_negativ",
              "analysis.subgroups[3].event",
              "mrd_negativ is not one of the event_sources; did you mean mrd_negative?"),
    "endpoint": ("endpoints: [EFS, OS], kind: occurrence", "endpoints: [EFS, AE], kind: occurrence",
                 "analysis.subgroups[3].endpoints[1]", "AE has no effect between arms"),
    "id": ("    - id: sex\n", "    - id: age_group\n",
           "analysis.subgroups[2].id", "age_group is used twice"),
}  # fmt: skip


LOOKS = {
    "order": ('looks: ["0.5", 1]', 'looks: [1, "0.5"]', "analysis.interim",
              "looks rise by at least 0.01 each, and the last one is 1"),
    "end": ('looks: ["0.5", 1]', 'looks: ["0.5", "0.9"]', "analysis.interim",
            "looks rise by at least 0.01 each, and the last one is 1"),
    "endpoint": ("    endpoint: MRDNEG\n", "    endpoint: HSCT\n", "analysis.interim.endpoint",
                 "HSCT has no test between arms"),
    "waiting": ("    endpoint: MRDNEG\n", "    endpoint: EFS\n", "analysis.interim.counted_when",
                "EFS counts events, and waits for no outcome"),
    "anchor": ("counted_when: [eot, death]", "counted_when: [eod, death]",
               "analysis.interim.counted_when[0]",
               "eod is not one of the anchors; did you mean eot?"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_looks_that_cannot_be_taken_are_refused(shipped: dict[str, Path], name: str) -> None:
    old, new, path, message = LOOKS[name]
    text = shipped["NCT05748171"].read_text("utf-8")
    assert text.count(old) == 1
    faults: list[Fault] = validate_text(text.replace(old, new))
    assert [(fault.path, fault.message) for fault in faults] == [(path, message)]


@pytest.mark.parametrize("name", sorted(SUBGROUPS))
def test_a_subgroup_that_cannot_be_made_is_refused(shipped: dict[str, Path], name: str) -> None:
    old, new, path, message = SUBGROUPS[name]
    text = shipped["NCT05748171"].read_text("utf-8")
    assert text.count(old) == 1
    faults: list[Fault] = validate_text(text.replace(old, new))
    assert [(fault.path, fault.message) for fault in faults] == [(path, message)]
