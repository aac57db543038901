"""All that due dates follow from beside the facts of a case, as one hash.

Where it differs from that of the rules in force, a case was computed by others.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Final

from services.safety.domain.rule_sets import RuleSet
from shared.study import StudyDefinition

COUNTING: Final = 2
"""How due dates are counted, as a number that rises with every change of it that may give another
date or another obligation for the same facts."""


def basis(definition: StudyDefinition, rules: Iterable[RuleSet]) -> str:
    """The same for definitions that differ in nothing a due date hangs on."""
    safety = definition.safety
    clocks = () if safety is None else safety.clocks
    criteria = () if safety is None else safety.seriousness
    told = {
        "counting": COUNTING,
        "rule_sets": sorted([each.id, each.version, each.sha256] for each in rules),
        "clocks": [each.model_dump(mode="json") for each in clocks],
        "seriousness": [[each.code, each.item] for each in criteria],
        "thresholds": [each.model_dump(mode="json") for each in definition.thresholds],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
