"""The design of a trial to be simulated: plain data, read strictly."""

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from services.randomization.domain.simulation.arrivals import Factor
from shared.study import StudyDefinition
from shared.study.base import Code, ExactFraction, Model, Name, Text
from shared.study.faults import path_text
from shared.study.randomization import LevelCode
from shared.study.schemes import BiasedCoin, BigStick, Minimisation, PermutedBlocks, Scheme

MAX_SUBJECTS = 5_000
MAX_STRATA = 10_000
_CAPACITY = {
    "permuted_blocks": "capacity_per_stratum",
    "biased_coin": "capacity_per_stratum",
    "big_stick": "capacity_per_stratum",
    "minimisation": "draws",
}


class DesignRefused(ValueError):
    """A design cannot be simulated; ``faults`` says why, each as ``place: words``."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class DesignArm(Model):
    """An arm and its share."""

    code: Code
    ratio: Annotated[int, Field(ge=1, le=20)]


class DesignFactor(Model):
    """A factor with its levels; each level comes equally often unless ``probabilities`` (fractions
    as text that add up to 1, in the order of the levels) says otherwise."""

    factor: Name
    levels: Annotated[tuple[LevelCode, ...], Field(min_length=1)]
    probabilities: tuple[ExactFraction, ...] | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if len(set(self.levels)) != len(self.levels):
            raise ValueError("every level stands once")
        if self.probabilities is not None:
            if len(self.probabilities) != len(self.levels):
                raise ValueError("probabilities needs one entry a level")
            if sum(self.probabilities) != 1:
                raise ValueError("the probabilities do not add up to 1")
        return self


class Design(Model):
    """Arms, scheme (as in a study definition), factors, and how many children arrive.

    The scheme may leave out its ``source``, and its capacity, which is then ``subjects``.
    ``stratum_size`` is the size of the stratum that exact predictability is calculated for.
    """

    title: Text | None = None
    arms: Annotated[tuple[DesignArm, ...], Field(min_length=2)]
    scheme: Scheme
    strata: tuple[DesignFactor, ...] = ()
    subjects: Annotated[int, Field(ge=1, le=MAX_SUBJECTS)]
    stratum_size: Annotated[int, Field(ge=1, le=300)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or not isinstance(raw.get("scheme"), dict):
            return raw
        scheme: dict[str, Any] = {"source": "assumed", **raw["scheme"]}
        capacity = _CAPACITY.get(str(scheme.get("method")))
        if capacity is not None:
            scheme.setdefault(capacity, raw.get("subjects"))
        return {**raw, "scheme": scheme}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        codes = [arm.code for arm in self.arms]
        names = [factor.factor for factor in self.strata]
        if len(set(codes)) != len(codes) or len(set(names)) != len(names):
            raise ValueError("every arm and every factor stands once")
        if prod(len(factor.levels) for factor in self.strata) > MAX_STRATA:
            raise ValueError(f"there are more than {MAX_STRATA} strata")
        fault = _scheme_fault(self.scheme, self.ratio, names)
        if fault:
            raise ValueError(fault)
        return self

    @property
    def ratio(self) -> dict[str, int]:
        """The share of each arm, in configured order."""
        return {arm.code: arm.ratio for arm in self.arms}

    @property
    def shares(self) -> list[Fraction]:
        """The share of each arm as a part of 1."""
        return [Fraction(arm.ratio, sum(self.ratio.values())) for arm in self.arms]

    @property
    def factors(self) -> list[Factor]:
        """The factors as the arrivals take them."""
        return [Factor(each.factor, each.levels, each.probabilities) for each in self.strata]


def read_design(raw: object) -> Design:
    """The design in data as read from JSON or YAML. Raises ``DesignRefused`` with every fault."""
    try:
        return Design.model_validate(_tuples(raw))
    except ValidationError as error:
        raise DesignRefused([_words(detail) for detail in error.errors()]) from None


def design_of(definition: StudyDefinition, subjects: int | None = None) -> Design:
    """The design of a study: as many children as its accrual target unless told, every level of a
    factor equally often. Raises ``DesignRefused``."""
    randomization = definition.randomization
    if subjects is None and randomization.accrual is not None:
        subjects = randomization.accrual.subjects
    if subjects is None:
        raise DesignRefused(["subjects: the study definition has no target; say how many"])
    return read_design(
        {
            "title": definition.identity.title[:600],
            "arms": [{"code": arm.code, "ratio": arm.ratio} for arm in definition.arms],
            "scheme": randomization.scheme.model_dump(mode="json", exclude_none=True),
            "strata": [
                {"factor": factor.factor, "levels": list(factor.level_codes)}
                for factor in randomization.strata
            ],
            "subjects": subjects,
        }
    )


def _scheme_fault(scheme: Scheme, ratio: Mapping[str, int], factors: list[str]) -> str | None:
    match scheme:
        case PermutedBlocks(block_sizes=sizes):
            total = sum(ratio.values())
            wrong = [size for size in sizes if size % total]
            return f"a block of {wrong[0]} cannot hold the ratio" if wrong else None
        case BiasedCoin() | BigStick():
            even = len(ratio) == 2 and len(set(ratio.values())) == 1
            return None if even else f"{scheme.method} takes two arms at 1:1"
        case Minimisation(weights=weights):
            unknown = sorted(set(weights or {}) - set(factors))
            if unknown:
                return f"weights names no factor: {', '.join(unknown)}"
            return None if factors else "minimisation needs a factor to balance"
        case _:
            return "an uploaded list is not made by Induct, so there is nothing to simulate"


def _tuples(raw: object) -> object:
    """Lists as the tuples that a strict model wants of Python data."""
    if isinstance(raw, Mapping):
        return {key: _tuples(value) for key, value in raw.items()}
    return tuple(map(_tuples, raw)) if isinstance(raw, list) else raw


def _words(detail: Any) -> str:
    tags = set(_CAPACITY) | {"uploaded_list"}
    place = path_text(tuple(part for part in detail["loc"] if part not in tags))
    if detail["type"] == "extra_forbidden":
        words = "unknown key"
    elif detail["type"] == "missing":
        words = "is missing"
    elif detail["type"] == "value_error":
        words = str(detail["ctx"]["error"])
    else:
        words = str(detail["msg"]).replace("Input should", "should")
    return f"{place or 'the design'}: {words}"
