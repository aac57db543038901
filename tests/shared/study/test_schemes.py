"""Schemes, caps and the rules around an allocation: what a definition may ask for, and what not."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from shared.study import StudyDefinition, assumed_values, definition_hash, from_json, to_json
from shared.study.caps import Cap
from shared.study.enrolment import AccrualTarget
from shared.study.faults import path_text
from shared.study.loading import load_text, validate_text
from shared.study.schemes import BiasedCoin, BigStick, Minimisation, UploadedList

BLOCKS = """  scheme:
    method: permuted_blocks
    block_sizes: [3, 6, 9]
    capacity_per_stratum: 300
"""
MINIMISATION = """  scheme:
    method: minimisation
    probability: "4/5"
    measure: range
    draws: 150
"""
COIN = """  scheme:
    method: biased_coin
    probability: "2/3"
    capacity_per_stratum: 100
"""
STICK = """  scheme:
    method: big_stick
    limit: 3
    capacity_per_stratum: 100
"""
UPLOAD = """  scheme:
    method: uploaded_list
    slots_per_stratum: 60
"""
ENVELOPES = "envelopes_per_stratum: 6"
CAP = "{{id: one, scope: {scope}, {target}limit: 10, source: assumed}}"


@pytest.fixture(scope="session")
def text(shipped: dict[str, Path]) -> str:
    return shipped["NCT05748171"].read_text("utf-8")


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} places for {old!r}"
        text = text.replace(old, new)
    return text


def with_scheme(text: str, scheme: str, *changes: tuple[str, str]) -> str:
    """Without envelopes, which not every scheme has."""
    without = (ENVELOPES, "envelopes_per_stratum: 0")
    return changed(text, (BLOCKS, scheme), without, *changes)


EVEN = ("    ratio: 2\n", "    ratio: 1\n")


def faults(text: str) -> list[tuple[str, str]]:
    return [(fault.path, fault.message) for fault in validate_text(text)]


def test_every_scheme_is_read_with_its_exact_numbers(text: str) -> None:
    minimised = load_text(with_scheme(text, MINIMISATION)).randomization
    assert isinstance(minimised.scheme, Minimisation)
    assert minimised.scheme.probability == Fraction(4, 5)
    assert minimised.minimisation_weights() == {"age_group": 1, "first_remission": 1}
    assert minimised.list_labels() == ("*",)
    assert len(minimised.stratum_labels()) == 4
    coin = load_text(with_scheme(text, COIN, EVEN)).randomization
    assert isinstance(coin.scheme, BiasedCoin)
    assert coin.list_labels() == coin.stratum_labels()
    assert coin.minimisation_weights() == {}
    assert isinstance(load_text(with_scheme(text, STICK, EVEN)).randomization.scheme, BigStick)
    limits = UPLOAD + "    longest_run: {INO: 12, ALLR3: 6}\n"
    upload = load_text(with_scheme(text, limits)).randomization.scheme
    assert isinstance(upload, UploadedList)
    assert upload.longest_run == {"INO": 12, "ALLR3": 6}


@pytest.mark.parametrize("scheme", [BLOCKS, MINIMISATION, UPLOAD])
def test_a_scheme_read_back_from_storage_is_the_same(text: str, scheme: str) -> None:
    definition = load_text(with_scheme(text, scheme))
    stored = json.loads(json.dumps(to_json(definition)))
    assert from_json(stored) == definition
    assert definition_hash(from_json(stored)) == definition_hash(definition)


def test_the_same_probability_in_other_terms_is_the_same_definition(text: str) -> None:
    one = load_text(with_scheme(text, MINIMISATION))
    other = load_text(with_scheme(text, MINIMISATION.replace("4/5", "80/100")))
    assert definition_hash(one) == definition_hash(other)
    assert to_json(one)["randomization"]["scheme"]["probability"] == "4/5"


def test_weights_stand_in_the_order_of_the_factors(text: str) -> None:
    weighted = MINIMISATION + "    weights: {first_remission: 2, age_group: 3}\n"
    definition = load_text(with_scheme(text, weighted))
    assert list(definition.randomization.minimisation_weights().items()) == [
        ("age_group", 3),
        ("first_remission", 2),
    ]
    assumed = {each.path: each.value for each in assumed_values(definition)}
    assert '"weights":{"first_remission":2,"age_group":3}' in assumed["randomization.scheme"]
    assert '"probability":"4/5"' in assumed["randomization.scheme"]


SCHEME_FAULTS: Mapping[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "a certain minimisation": (
        MINIMISATION.replace("4/5", "1/1"), "probability", ()),
    "a minimisation worse than chance": (
        MINIMISATION.replace("4/5", "2/3"), "probability", ()),
    "a probability that is no fraction": (
        MINIMISATION.replace("4/5", "0.8"), "probability", ()),
    "a probability above one": (
        MINIMISATION.replace("4/5", "6/5"), "probability", ()),
    "a weight of no factor": (
        MINIMISATION + "    weights: {agegroup: 1}\n", "weights.agegroup", ()),
    "a weight of nought": (
        MINIMISATION + "    weights: {age_group: 0}\n", "weights.age_group", ()),
    "no weight": (MINIMISATION + "    weights: {}\n", "weights", ()),
    "an unknown measure": (
        MINIMISATION.replace("range", "entropy"), "measure", ()),
    "a fair biased coin": (COIN.replace("2/3", "1/2"), "", (EVEN,)),
    "a certain biased coin": (COIN.replace("2/3", "2/2"), "probability", (EVEN,)),
    "a biased coin at 2:1": (COIN, "method", ()),
    "a big stick at 2:1": (STICK, "method", ()),
    "a big stick of nought": (STICK.replace("limit: 3", "limit: 0"), "limit", (EVEN,)),
    "an upload that cannot hold the ratio": (
        UPLOAD.replace("60", "61"), "slots_per_stratum", ()),
    "a run of no arm": (UPLOAD + "    longest_run: {INA: 5}\n", "longest_run.INA", ()),
    "an unknown method": (BLOCKS.replace("permuted_blocks", "urn"), "method", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEME_FAULTS)
def test_a_scheme_that_cannot_keep_the_ratio_or_chance_is_one_fault(text: str, name: str) -> None:
    scheme, field, changes = SCHEME_FAULTS[name]
    place = path_text(("randomization", "scheme", *filter(None, field.split("."))))
    assert [path for path, _ in faults(with_scheme(text, scheme, *changes))] == [place]


def test_the_words_of_a_refused_scheme_say_what_it_would_need(text: str) -> None:
    assert faults(with_scheme(text, COIN))[0][1] == (
        "biased_coin keeps no ratio but 1:1 of two arms; the arms stand 2:1"
    )
    assert faults(with_scheme(text, MINIMISATION.replace("4/5", "2/3")))[0][1] == (
        "must lie strictly between 2/3 and 1, or balance would work backwards"
    )
    assert faults(with_scheme(text, MINIMISATION.replace("4/5", "0.8")))[0][1] == (
        'must be a fraction written as text, such as "4/5"'
    )


def test_two_fake_arms_of_one_name_are_refused(text: str) -> None:
    content = to_json(load_text(with_scheme(text, MINIMISATION)))
    content["arms"][1]["code"] = "INO-1"
    content["reference_arm"] = "INO-1"
    assert (
        "arms",
        "minimisation counts INO-1 twice: an arm has the name of a share of another",
    ) in faults(json.dumps(content))


def test_minimisation_needs_something_to_balance(text: str) -> None:
    content = to_json(load_text(with_scheme(text, MINIMISATION)))
    content["randomization"]["strata"] = []
    content["analysis"]["subgroups"] = []
    assert faults(json.dumps(content)) == [
        ("randomization.scheme.method", "minimisation needs a stratification factor")
    ]


def test_a_factor_has_no_name_that_a_column_of_the_uploaded_list_has(text: str) -> None:
    factor = ("    - factor: age_group\n", "    - factor: arm\n")
    text = text.replace("kind: stratum, factor: age_group,", "kind: stratum, factor: arm,")
    assert faults(changed(text, factor)) == []
    (fault,) = faults(with_scheme(text, UPLOAD, factor))
    assert fault[0] == "randomization.strata"
    assert fault[1].startswith("arm is a column of the uploaded list itself")


@pytest.mark.parametrize("scheme", [MINIMISATION, UPLOAD])
def test_envelopes_need_a_scheme_that_generates_them_by_strata(text: str, scheme: str) -> None:
    (fault,) = faults(changed(text, (BLOCKS, scheme)))
    assert fault[0] == "randomization.downtime.envelopes_per_stratum"


def capped(text: str, scope: str, target: str = "", more: str = "") -> str:
    cap = CAP.format(scope=scope, target=(f'target: "{target}", ' if target else "") + more)
    return changed(text, ("  caps: []\n", f"  caps: [{cap}]\n"))


@pytest.mark.parametrize(
    ("scope", "target", "words"),
    [
        ("study", "S01", "a cap of the study has no target"),
        ("site", "s 01", "the target of a site cap is the code of a site"),
        ("country", "France", "the target of a country cap is a country code of two"),
        ("stratum", "lt10", "the target of a stratum cap is factor=level"),
        ("stratum", "agegroup=lt10", "agegroup is no stratification factor; did you mean age_g"),
        ("stratum", "age_group=lt11", "lt11 is no level of age_group; did you mean lt10?"),
        ("stratum", "first_remission=lt24m;age_group=lt10", "factors stand once each, in their"),
        ("stratum", "age_group=lt10;age_group=ge10", "factors stand once each, in their"),
    ],
)
def test_a_cap_of_nothing_is_a_fault(text: str, scope: str, target: str, words: str) -> None:
    (fault,) = faults(capped(text, scope, target))
    assert fault[1].startswith(words)


@pytest.mark.parametrize("alerts", ["[100, 80]", "[80, 80]", "[0]", "[101]"])
def test_alerts_are_percentages_that_ascend(text: str, alerts: str) -> None:
    assert len(faults(capped(text, "study", more=f"alerts: {alerts}, "))) == 1


@pytest.mark.parametrize(
    ("scope", "target", "whole"),
    [
        ("study", "", True),
        ("site", "", True),
        ("country", "CZ", True),
        ("stratum", "", False),
        ("stratum", "age_group=lt10", True),
        ("stratum", "age_group=lt10;first_remission=lt24m", False),
    ],
)
def test_the_whole_study_is_locked_where_a_cap_counts_more_than_one_stratum(
    text: str, scope: str, target: str, whole: bool
) -> None:
    assert load_text(capped(text, scope, target)).randomization.locks_whole_study is whole


def test_minimisation_locks_the_whole_study_and_blocks_alone_do_not(
    text: str, nct: StudyDefinition, freireich: StudyDefinition
) -> None:
    assert load_text(with_scheme(text, MINIMISATION)).randomization.locks_whole_study
    assert not nct.randomization.locks_whole_study
    assert not freireich.randomization.locks_whole_study


def cap(**fields: Any) -> Cap:
    return Cap.model_validate_json(
        json.dumps({"id": "c", "limit": 10, "source": "assumed", **fields})
    )


@pytest.mark.parametrize(
    ("scope", "target", "group"),
    [
        ("study", None, "*"),
        ("site", None, "S01"),
        ("site", "S01", "S01"),
        ("site", "S02", None),
        ("country", None, "CZ"),
        ("country", "NL", None),
        ("stratum", None, "a=x;b=y"),
        ("stratum", "b=y", "b=y"),
        ("stratum", "b=z", None),
        ("stratum", "a=x;b=y", "a=x;b=y"),
    ],
)
def test_an_allocation_is_counted_under_the_group_that_the_cap_concerns(
    scope: str, target: str | None, group: str | None
) -> None:
    found = cap(scope=scope, target=target).group(site="S01", country="CZ", stratum="a=x;b=y")
    assert found == group


def test_an_alert_sounds_with_the_first_allocation_that_reaches_its_percentage() -> None:
    assert cap(scope="study").alert_counts() == ((80, 8), (100, 10))
    odd = cap(scope="study", limit=7, alerts=[50, 80, 100])
    assert odd.alert_counts() == ((50, 4), (80, 6), (100, 7))


def test_the_target_of_enrolment_runs_evenly_from_the_first_month_to_the_last() -> None:
    target = AccrualTarget.model_validate_json(
        json.dumps({"subjects": 10, "starts_on": "2023-11", "months": 4, "source": "assumed"})
    )
    assert target.curve() == (("2023-11", 2), ("2023-12", 5), ("2024-01", 7), ("2024-02", 10))


def test_the_shipped_trial_states_its_rules_and_says_which_are_assumed(
    nct: StudyDefinition,
) -> None:
    rules = nct.randomization
    assert (rules.request_signature, rules.forced_limit, rules.envelopes_per_stratum) == (
        True,
        2,
        6,
    )
    assert (rules.replacement_rule, rules.low_water_percent, rules.caps) == ("none", 20, ())
    assert rules.accrual is not None
    assert rules.accrual.curve()[0].month == "2023-05"
    assert rules.accrual.curve()[-1] == ("2031-10", nct.identity.planned_subjects)
    assumed = {each.path for each in assumed_values(nct)}
    assert assumed >= {
        "randomization.request_signature", "randomization.low_water_percent",
        "randomization.replacement", "randomization.forced", "randomization.downtime",
        "randomization.accrual.months",
    }  # fmt: skip


def test_the_replay_of_a_published_trial_asks_for_no_signature_and_has_no_rules_around_it(
    freireich: StudyDefinition,
) -> None:
    rules = freireich.randomization
    assert (rules.request_signature, rules.forced_limit, rules.envelopes_per_stratum) == (
        False, 0, 0,
    )  # fmt: skip
    assert (rules.replacement_rule, rules.accrual) == ("none", None)


def test_a_limit_of_replacements_needs_a_rule(text: str) -> None:
    (fault,) = faults(changed(text, ("    rule: none\n", "    rule: none\n    limit: 3\n")))
    assert fault == ("randomization.replacement", "a limit needs a rule of replacement")
