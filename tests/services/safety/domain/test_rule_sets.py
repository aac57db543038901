"""Rule sets as data: every row has its source, and a fault is named."""

import pytest

from services.safety.domain import rule_sets
from services.safety.domain.rule_sets import RuleSetFault


@pytest.mark.parametrize(("name", "version"), rule_sets.shipped())
def test_every_row_of_a_rule_set_names_its_text_and_that_nobody_has_verified_it(
    name: str, version: str
) -> None:
    rules = rule_sets.load(name, version)
    for row in (*rules.verdicts, *rules.clocks):
        assert row.regulation
        assert row.verified_by is None
    ids = [row.id for row in (*rules.verdicts, *rules.clocks)]
    assert len(ids) == len(set(ids))


def test_an_unknown_rule_set_or_version_is_an_error() -> None:
    with pytest.raises(KeyError):
        rule_sets.load("eu_ctr", "9.9.9")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('outcome = "susar"', 'outcome = "perhaps"', "outcome"),
        ('kind = "fatal"', 'kind = "sudden"', "kind"),
        ("days = 7\n", "", "days"),
        ('counts_from = "day_zero"', 'counts_from = "report_sent"', "at_most_days"),
        ("{ serious = false }", "{ grave = false }", "when"),
        ('recipient = "EudraVigilance"\n', "", "recipient"),
    ],
)
def test_a_rule_set_with_a_fault_is_refused_with_its_row(old: str, new: str, words: str) -> None:
    text = rule_sets.resources.files("services.safety.rules").joinpath("eu_ctr-1.0.0.toml")
    with pytest.raises(RuleSetFault, match=words):
        rule_sets.from_text(text.read_text("utf-8").replace(old, new, 1))
