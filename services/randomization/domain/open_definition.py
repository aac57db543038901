"""The definition as it may be published while its list is still sealed."""

import hashlib
import json

from shared.study import StudyDefinition, to_json


def open_definition_hash(definition: StudyDefinition) -> str:
    """SHA-256 of the definition's canonical JSON with the scheme's method in place of the scheme.

    A hash over the whole would answer, try by try, which few numbers the scheme has.
    """
    content = to_json(definition)
    content["randomization"]["scheme"] = {"method": definition.randomization.scheme.method}
    spelled = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(spelled.encode()).hexdigest()
