"""What was done with a drug: one list of codes in the form, the interface and every output."""

from typing import get_args

from services.safety.domain.icsr_codes import action_codes
from services.safety.e2b.rules.dictionary import elements
from services.safety.schemas import ActionTaken
from shared.rules.loading import load_pack
from tests.services.safety.domain.story import shipped


def test_each_code_of_the_form_has_its_code_in_e2b_and_its_term_in_sdtm() -> None:
    definition = shipped()
    assert definition.safety is not None
    form = definition.form(definition.safety.form)
    known = set(get_args(ActionTaken))
    for each in definition.safety.actions:
        item = form.item(each.item)
        assert item.code_values == known
        assert item.arm_revealing, "the drug is the arm"
    assert action_codes().keys() == known
    assert set(action_codes().values()) == elements()["G.k.8"].codes
    terms = {
        row["code"] for row in load_pack("sdtm_items").rows("codes") if row["list"] == "action"
    }
    assert terms == known


def test_each_product_of_the_trial_has_an_item() -> None:
    definition = shipped()
    assert definition.safety is not None
    products = {product.code for arm in definition.arms for product in arm.products}
    assert {each.product for each in definition.safety.actions} == products
