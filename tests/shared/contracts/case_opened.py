"""An example contract and ways to change it, for tests of the comparison of contracts."""

import copy
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.compatibility import breaking_changes

STORED = "stored events"
CONSUMERS = "consumers of the old contract"


class Grade(StrEnum):
    MILD = "mild"
    SEVERE = "severe"


class Term(BaseModel):
    code: Annotated[str, Field(pattern="^[0-9]{8}$")]
    parent: "Term | None" = None


class CaseOpened(BaseModel):
    """An event with every construct that pydantic writes for our contracts."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["case_opened"]
    case: Annotated[str, Field(min_length=3, max_length=20)]
    site: str | None = None
    grade: Grade
    day: Annotated[int, Field(ge=1)]
    opened_at: AwareDatetime
    terms: Annotated[list[Term], Field(min_length=1)]
    counts: dict[Grade, int] = {}
    span: tuple[int, str] | None = None
    cause: Annotated[Literal["drug"] | int, Field(union_mode="left_to_right")] = "drug"


def schema() -> dict[str, Any]:
    return CaseOpened.model_json_schema(mode="serialization")


def changed(*path: str | int, **values: Any) -> dict[str, Any]:
    """The schema with keywords at a path set, or taken out where the value is ``...``."""
    document = copy.deepcopy(schema())
    node: Any = document
    for step in path:
        node = node[step]
    for keyword, value in values.items():
        if value is ...:
            del node[keyword]
        else:
            node[keyword] = value
    return document


def pointer_of(sentence: str) -> str:
    return sentence.split(":", 1)[0].replace("(root)", "")


def leads_somewhere(document: dict[str, Any], pointer: str) -> bool:
    node: Any = document
    for step in pointer.split("/")[1:]:
        try:
            node = node[int(step)] if isinstance(node, list) else node[step]
        except (KeyError, IndexError):
            return False
    return True


def breaks(old: dict[str, Any], new: dict[str, Any]) -> str:
    """The only sentence about a change, whose pointer must exist in one of the documents."""
    (sentence,) = breaking_changes(old, new)
    pointer = pointer_of(sentence)
    assert leads_somewhere(old, pointer) or leads_somewhere(new, pointer), sentence
    return sentence
