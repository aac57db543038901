"""The codes of the analysis datasets: lists of the rule pack, and those that a study brings."""

from collections.abc import Mapping

from shared.rules.model import Pack
from shared.study import StudyDefinition
from shared.study.endpoints import AdverseEventEndpoint, ConcentrationEndpoint


def code_lists(
    pack: Pack,
    definition: StudyDefinition,
    brought: Mapping[str, Mapping[str, str]],
    assessed: Mapping[str, str],
    *,
    is_open: bool,
) -> dict[str, dict[str, str]]:
    """Every list by its name: each code with its meaning. Open ones name no arm.

    ``brought`` are the lists of what the study collects, ``assessed`` the parameters of visits.
    """
    codes: dict[str, dict[str, str]] = {}
    for row in pack.rows("codes"):
        codes.setdefault(str(row["list"]), {})[str(row["code"])] = str(row["decode"])
    arms = () if is_open else definition.arms
    codes["arms"] = {arm.code: arm.name for arm in arms}
    codes["arm_numbers"] = {str(arm_number(definition, arm.code)): arm.name for arm in arms}
    codes |= {name: dict(each) for name, each in brought.items()}
    codes["parameters"] = {}
    for each in definition.endpoints:
        if isinstance(each, ConcentrationEndpoint):
            if is_open:
                continue
            code, label = measured(definition, each)
            codes["parameters"][code] = label
        if not isinstance(each, AdverseEventEndpoint):
            codes["parameters"][each.paramcd] = each.label
    codes["parameters"] |= assessed
    return codes


def measured(definition: StudyDefinition, endpoint: ConcentrationEndpoint) -> tuple[str, str]:
    """PARAMCD and PARAM of what a concentration endpoint measures."""
    item = definition.form(endpoint.form).item(endpoint.value)
    return item.id.upper()[:8], item.label


def arm_number(definition: StudyDefinition, arm: str) -> int:
    """TRT01PN of an arm: its place in the definition, from 1."""
    return [each.code for each in definition.arms].index(arm) + 1
