"""The study definition: every fact of a trial as versioned, hashed, validated data.

Importing this package needs pydantic only. Definition files (YAML) are read by
`shared.study.loading`, records are turned into dates by `shared.study.derivation`.
"""

from shared.study.assumptions import AssumedValue, assumed_values
from shared.study.definition import StudyDefinition
from shared.study.serialization import (
    canonical_json,
    definition_hash,
    from_json,
    open_definition_hash,
    to_json,
)

__all__ = [
    "AssumedValue",
    "StudyDefinition",
    "assumed_values",
    "canonical_json",
    "definition_hash",
    "from_json",
    "open_definition_hash",
    "to_json",
]
