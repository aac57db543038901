"""Conditions are told in words that can be read back to what they mean."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from shared.study.criteria import Predicate
from shared.study.words import check_words, predicate_words
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
ADAPTER: TypeAdapter[Predicate] = TypeAdapter(Predicate)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"item": "kind", "op": "ne", "value": "QUANT"}, "kind is not QUANT"),
        ({"item": "given", "op": "eq", "value": True}, "given is yes"),
        ({"item": "fraction", "op": "absent"}, "fraction is not given"),
        ({"item": "response", "op": "in", "value": ["CR", "CRi"]}, "response is one of CR, CRi"),
        ({"item": "ast", "op": "le", "value_from": "ast_uln", "times": 5},
         "ast ≤ 5 × ast_uln"),  # noqa: RUF001
        ({"item": "relapse_date", "op": "before", "value_from": "first_diagnosis_date",
          "plus": {"years": 1, "months": 6}},
         "relapse_date before first_diagnosis_date + 1 year 6 months"),
        ({"item": "fraction", "op": "meets", "threshold": "mrd_negative"},
         "fraction < 0.0001 (mrd_negative)"),
        ({"any": [{"item": "a", "op": "present"},
                  {"all": [{"item": "b", "op": "present"}, {"item": "c", "op": "lt", "value": 5}]},
                  {"not": {"item": "d", "op": "absent"}}]},
         "a is given or (b is given and c < 5) or not (d is not given)"),
    ],
)  # fmt: skip
def test_a_condition_in_words(raw: dict[str, Any], words: str) -> None:
    predicate = ADAPTER.validate_json(json.dumps(raw))
    assert predicate_words(predicate, NCT.thresholds_by_id()) == words


def test_every_shipped_check_and_rule_can_be_told() -> None:
    thresholds = NCT.thresholds_by_id()
    told = [check_words(check, thresholds) for check in NCT.checks]
    assert all(told)
    assert "grade is a grade that term has in the dictionary" in told
    assert all(predicate_words(rule.predicate, thresholds) for rule in NCT.eligibility.rules)
