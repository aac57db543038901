"""The account of a data set: every key that R's answers have, and nothing that was not asked."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from services.analytics.domain.account.account import Wanted, account, wanted_like
from services.analytics.domain.account.data_set import DataSetError, data_set, tied, with_reference
from services.analytics.domain.observations import ObservationError
from tests.services.analytics.reference import NAMES, SURVIVAL, load

Rows = list[dict[str, str]]
# R stops iterating about 5e-9 from the maximum.
FITTED = {"coef", "se", "hr", "hr_lower95", "hr_upper95", "wald_p", "regression"}
# Of another program, not of the data; R rounds "wald"; what this engine does not have.
OTHERS = {"source", "software", "wald", "se_survfit"} | {
    "crr_se_coef", "finegray_shr_coxph_breslow", "finegray_shr_crr",
}  # fmt: skip


def rows(*cells: tuple[str, float, int, str], **columns: list[str]) -> Rows:
    names = ("id", "time", "event", "arm")
    found = [dict(zip(names, map(str, each), strict=True)) for each in cells]
    for name, values in columns.items():
        for row, value in zip(found, values, strict=True):
            row[name] = value
    return found


# Four of each arm, by hand: in A S(2) = 3/4, S(3) = 3/8.
SMALL = rows(
    ("1", 2, 1, "A"), ("2", 2, 0, "A"), ("3", 3, 1, "A"), ("4", 5, 0, "A"),
    ("5", 1, 1, "B"), ("6", 2, 1, "B"), ("7", 4, 0, "B"), ("8", 6, 1, "B"),
)  # fmt: skip


def differences(
    found: Any, expected: Any, path: str = "", relative: float = 1e-8
) -> Iterator[tuple[str, Any, Any]]:
    """Where an expected value is absent or another one."""
    if isinstance(expected, dict):
        yield from _of_keys(found, expected, path, relative)
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        for index, value in enumerate(expected):
            yield from differences(found[index], value, f"{path}[{index}]", relative)
    elif isinstance(expected, float | int) and isinstance(found, float | int):
        if not math.isclose(found, expected, rel_tol=relative, abs_tol=1e-13):
            yield path, found, expected
    elif found != expected:
        yield path, found, expected


def _of_keys(
    found: Any, expected: dict[str, Any], path: str, relative: float
) -> Iterator[tuple[str, Any, Any]]:
    for key, value in expected.items():
        untold = value is None and key.startswith("zph")
        if key in OTHERS or untold:
            continue
        if not isinstance(found, dict) or key not in found:
            yield f"{path}/{key}", "absent", value
            continue
        loose = key in FITTED or key.startswith("zph")
        yield from differences(found[key], value, f"{path}/{key}", 1e-6 if loose else relative)


@pytest.mark.parametrize("name", NAMES)
def test_every_key_of_the_answers_of_r_has_the_same_value(name: str) -> None:
    expected = load(name).expected
    wanted, arms = wanted_like(expected)
    lines = (SURVIVAL / "data" / f"{name}.csv").read_text().splitlines()
    head = lines[0].split(",")
    read = [dict(zip(head, line.split(","), strict=True)) for line in lines[1:]]
    found = account(name, data_set(read, arms), wanted)
    assert list(differences(found, expected)) == []
    json.dumps(found, allow_nan=False)


def test_what_was_not_asked_for_is_absent() -> None:
    found = account("small", data_set(SMALL), Wanted())
    assert "times" not in found["km"]["A"]
    assert "lower" not in found["km"]["A"]["log-log"]
    assert {"rmst", "competing_risks", "logrank_stratified", "cox_stratified"}.isdisjoint(found)


def test_the_curve_holds_every_observed_time() -> None:
    curve = account("small", data_set(SMALL), Wanted())["km"]["A"]["curve"]
    assert (curve["times"], curve["n_risk"], curve["n_event"], curve["n_censor"]) == (
        [2.0, 3.0, 5.0], [4, 2, 1], [1, 1, 0], [1, 0, 1],
    )  # fmt: skip
    assert curve["survival"] == [0.75, 0.375, 0.375]


def test_counts_since_the_time_before_include_the_time_itself() -> None:
    found = account("small", data_set(SMALL), Wanted((2.0, 5.0)))["km"]["A"]
    assert (found["n_risk"], found["n_event_since_previous"], found["n_censor_since_previous"]) == (
        [4, 1], [1, 1], [1, 1],
    )  # fmt: skip


def test_past_the_last_time_survival_is_null_unless_it_is_zero() -> None:
    found = account("small", data_set(SMALL), Wanted((7.0,)))["km"]
    assert (found["A"]["survival"], found["B"]["survival"]) == ([None], [0.0])


def test_the_arm_of_the_first_row_is_the_reference_unless_another_is_named() -> None:
    data = data_set(SMALL)
    assert data.arms == ("A", "B")
    turned = data_set(SMALL, with_reference(data.arms, "B"))
    one, other = (account("x", each, Wanted())["cox"]["efron"] for each in (data, turned))
    assert one["term"] == "armB"
    assert one["coef"] == pytest.approx(-other["coef"])


def test_one_arm_is_described_and_not_compared() -> None:
    found = account("one", data_set([row for row in SMALL if row["arm"] == "A"]), Wanted(tau=3.0))
    assert {"logrank", "cox"}.isdisjoint(found)
    assert "survRM2" not in found["rmst"]
    assert found["rmst"]["survfit"]["rmst"] == [pytest.approx(2.75)]


def test_without_an_event_nothing_is_a_number_that_cannot_be() -> None:
    quiet = [row | {"event": "0"} for row in SMALL]
    found = account("quiet", data_set(quiet), Wanted((1.0,), 4.0))
    assert found["cox"]["efron"]["hr"] is None
    assert found["logrank"]["chisq"] is None
    assert found["km"]["A"]["log-log"]["quartiles"]["estimate"] == [None] * 3
    json.dumps(found, allow_nan=False)


def test_the_order_of_rows_changes_nothing() -> None:
    names = ["A", "B"]
    first, second = (account("x", data_set(each, names), Wanted((2.0,), 4.0)) for each in
                     (SMALL, SMALL[::-1]))  # fmt: skip
    assert first == second


@pytest.mark.proves("ANA-1", kind="negative")
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ([], "there is no row"),
        ([{"id": "1", "time": "1", "event": "1"}], "no column arm"),
        (rows(("1", -1, 1, "A")), "line 2, time"),
        (rows(("1", math.nan, 1, "A")), "line 2, time"),
        (rows(("1", "1_000", 1, "A")), "line 2, time"),  # type: ignore[arg-type]
        (rows(("1", 1, 2, "A")), "line 2, event"),
        (rows(("1", 1, 1, " ")), "line 2, arm: empty"),
        (rows(("1", 1, 1, "A"), ("2", 1, 1, "A"), cause=["1", "x"]), "line 3, cause"),
        (rows(("1", 1, 1, "A"), cause=["0"]), "line 2, cause: 0 contradicts event 1"),
        (rows(("1", 1, 0, "A"), cause=["1"]), "line 2, cause: 1 contradicts event 0"),
        (rows(("1", 1, 1, "A"), ("1", 2, 1, "A")), "appears more than once"),
    ],
)
def test_data_that_no_estimator_may_see_are_refused_by_their_place(
    broken: Rows, words: str
) -> None:
    with pytest.raises((DataSetError, ObservationError), match=words):
        data_set(broken)


def test_a_reference_that_no_row_has_is_refused() -> None:
    with pytest.raises(DataSetError, match="no row is of the arm 'C'; there are A, B"):
        with_reference(("A", "B"), "C")


def test_causes_make_incidence_and_tests() -> None:
    causes = ["1", "0", "2", "0", "1", "2", "0", "1"]
    told = [row | {"cause": cause} for row, cause in zip(SMALL, causes, strict=True)]
    found = account("x", data_set(told), Wanted((2.0,)))
    competing = found["competing_risks"]
    assert competing["arms"]["A"]["cause1"]["cif_cmprsk"] == [0.25]
    assert competing["arms"]["B"]["cause2"]["cif_cmprsk"] == [0.25]
    assert competing["gray_unstratified"]["cause"] == ["1", "2"]


def test_times_that_differ_by_rounding_alone_are_ties() -> None:
    # The same day in months by two divisions; a day apart stays a day apart.
    one, other = 0.1 + 0.2, 0.3
    assert one != other
    assert tied([one, other, 0.4]) == {0.3: 0.3, one: 0.3, 0.4: 0.4}
    parted = rows(("1", one, 1, "A"), ("2", other, 1, "A"), ("3", 0.4, 0, "B"))
    curve = account("x", data_set(parted), Wanted())["km"]["A"]["curve"]
    assert (curve["times"], curve["n_event"]) == ([0.3], [2])


@pytest.mark.parametrize(
    ("times", "same"),
    [
        ([], []),
        ([1.0, 1.0 + 1e-8, 1.0 + 2e-8], [1.0] * 3),  # neighbour by neighbour
        ([1.0, 1.0 + 2e-8], [1.0, 1.0 + 2e-8]),
        ([1000.0, 1000.0 + 1e-5], [1000.0] * 2),  # as a share of the mean
    ],
)
def test_times_are_tied_as_in_rs_survival(times: list[float], same: list[float]) -> None:
    assert list(tied(times).values()) == same
