"""By what the due dates of a case were computed."""

from dataclasses import replace

from services.safety.domain.basis import basis
from tests.services.safety.domain.story import rule_set, shipped

RULES = (rule_set("eu_ctr"), rule_set("us_ind"))


def test_it_differs_with_a_rule_set_its_version_or_a_single_row_of_it() -> None:
    found = {
        basis(shipped(), rules)
        for rules in (
            RULES,
            RULES[:1],
            (replace(RULES[0], version="1.1.0"), RULES[1]),
            (replace(RULES[0], sha256="of other rows"), RULES[1]),
        )
    }
    assert len(found) == 4
    assert basis(shipped(), RULES[::-1]) in found


def test_it_differs_with_the_sites_clock_and_with_nothing_that_no_due_date_hangs_on() -> None:
    definition = shipped()
    assert definition.safety is not None
    (clock,) = definition.safety.clocks
    longer = definition.safety.model_copy(
        update={"clocks": (clock.model_copy(update={"hours": 48}),)}
    )
    now = basis(definition, RULES)
    assert basis(definition.model_copy(update={"safety": longer}), RULES) != now
    assert basis(definition.model_copy(update={"version": "99.0.0", "forms": ()}), RULES) == now
