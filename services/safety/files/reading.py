"""Bytes that somebody wrote, read into a model: every fault by its place, none repeated."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from shared.http.problems import FieldError, InvalidContent, Problem
from shared.http.refusals import from_validation
from shared.http.strict_json import decode

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]


def read(kind: type[M], raw: bytes) -> M:
    """The model in JSON text. Raises ``MalformedRequest``, ``TooLarge``, ``InvalidContent``."""
    return fit(kind, decode(raw))


def fit(kind: type[M], data: Any, *, at: Place = (), whole: Callable[[], Any] | None = None) -> M:
    """The model in decoded JSON that stands at a place of a whole, which is made where there is a
    fault to point at. Raises ``InvalidContent``."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise refusal(error, at, data if whole is None else whole()) from None


def refusal(error: ValidationError, at: Place, whole: Any) -> Problem:
    """What pydantic found, as a problem with pointers into the whole."""
    faults = [
        {**fault, "loc": ("body", *at, *fault["loc"])}
        for fault in error.errors(include_url=False, include_input=False)
    ]
    return from_validation(RequestValidationError(faults, body=whole))


def refuse(faults: Iterable[FieldError]) -> None:
    """Raises ``InvalidContent`` where there is any fault."""
    found = list(faults)
    if found:
        raise InvalidContent(errors=found)
