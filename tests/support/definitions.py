"""The study definitions that come with the product, read once a process."""

from functools import cache

from shared.study import StudyDefinition
from shared.study.loading import load_definition, shipped_definitions


@cache
def shipped(study: str) -> StudyDefinition:
    """The shipped definition of a study; it is frozen, so that every test may have the same."""
    return load_definition(shipped_definitions()[study])
