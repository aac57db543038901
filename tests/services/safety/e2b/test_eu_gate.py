"""The twelve items without which a SUSAR does not leave for the EU, each missed by its own name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.safety.e2b.model import Batch, Registration
from services.safety.e2b.rules.eu import gate
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import NullFlavor
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.mutations import with_value


def _set(field: str, value: Any) -> Callable[[Batch], Batch]:
    return lambda batch: with_value(batch, field, value)


def _unregistered(batch: Batch) -> Batch:
    c_5 = batch.messages[0].report.c_5
    assert c_5 is not None
    return reports.changed(batch, c_5=replace(c_5, c_5_1_r=(Registration("NCT05748171", "US"),)))


_MISSING = {
    "EU.C.5.1.r.1.GATE": _unregistered,
    "EU.C.5.3.GATE": _set("c_5_3", None),
    "EU.D.1.GATE": _set("d_1", NullFlavor.UNK),
    "EU.C.2.r.GATE": lambda batch: reports.changed(batch, c_2_r=()),
    "EU.E.i.GATE": lambda batch: with_value(
        with_value(batch, "e_i_3_2b", NullFlavor.NI), "e_i_3_2c", NullFlavor.NI
    ),
    "EU.G.k.2.3.r.GATE": _set("g_k_2_3_r_2b", None),
    "EU.G.k.9.i.2.GATE": _set("g_k_9_i_2_r_3_eu_1", None),
    "EU.C.1.1.GATE": _set("c_1_1", None),
    "EU.C.1.4.GATE": _set("c_1_4", None),
    "EU.C.1.5.GATE": _set("c_1_5", None),
    "EU.C.1.8.1.GATE": _set("c_1_8_1", None),
    "EU.N.2.r.2.GATE": _set("n_2_r_2", None),
}


def _missed(batch: Batch, *, susar: bool = True) -> list[str]:
    return [check.id for check in gate(batch.messages[0], susar=susar) if not check.held]


def test_a_whole_report_holds_all_twelve_items() -> None:
    checks = gate(reports.batch(Profile.EU_CTR).messages[0], susar=True)
    assert [check.id for check in checks] == list(_MISSING)
    assert all(check.held for check in checks)


@pytest.mark.parametrize("name", list(_MISSING))
def test_a_missing_item_is_missed_by_its_own_name(name: str) -> None:
    assert _missed(_MISSING[name](reports.batch(Profile.EU_CTR))) == [name]


def test_an_event_that_was_not_classified_as_a_susar_does_not_pass() -> None:
    assert _missed(reports.batch(Profile.EU_CTR), susar=False) == ["EU.E.i.GATE"]


def test_what_was_reported_as_a_susar_passes_when_it_is_none_any_more() -> None:
    harmless = _MISSING["EU.E.i.GATE"](reports.batch(Profile.EU_CTR))

    def missed(batch: Batch) -> list[str]:
        checks = gate(batch.messages[0], susar=False, reported=True)
        return [check.id for check in checks if not check.held]

    assert missed(harmless) == []
    assert missed(with_value(harmless, "e_i_2_1b", None)) == ["EU.E.i.GATE"]


@pytest.mark.parametrize("number", ["2022-000186-40", "2023-509810-13-00"])
def test_a_trial_has_a_number_of_eudract_or_of_the_regulation(number: str) -> None:
    batch = with_value(reports.batch(Profile.EU_CTR), "c_5_1_r_1", number)
    assert _missed(batch) == []


def test_a_masked_child_is_a_coded_subject() -> None:
    assert _missed(with_value(reports.batch(Profile.EU_CTR), "d_1", NullFlavor.MSK)) == []
