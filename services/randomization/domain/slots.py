"""A randomization list: its slots, how they come about, and the parameters they follow from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.randomization.domain import biased_coin, generator
from shared.study import StudyDefinition
from shared.study.schemes import BiasedCoin, BigStick, Minimisation, PermutedBlocks, UploadedList

GeneratedByStrata = PermutedBlocks | BiasedCoin | BigStick


@dataclass(frozen=True)
class Slot:
    """One place of the list. ``position`` counts from 1 within the label; ``content`` is an arm,
    or for minimisation the 16 hex digits of a sealed draw."""

    label: str
    position: int
    content: str


def generate(
    definition: StudyDefinition, list_id: str, secret: bytes, *, capacity: int | None = None
) -> list[Slot]:
    """The slots of a list as the study definition configures them, stratum by stratum.

    ``capacity`` stands in for that of the scheme (the envelopes of a site hold fewer slots than the
    list of the study). Every stratum has exactly so many slots: blocks are made whole and the last
    one is cut, because the number of slots is public and would else tell of the block sizes.

    Raises ``ValueError`` where the definition asks for an uploaded list.
    """
    scheme = definition.randomization.scheme
    if isinstance(scheme, UploadedList):
        raise ValueError("the study definition asks for an uploaded list")
    if isinstance(scheme, Minimisation):
        count = scheme.draws if capacity is None else capacity
        return list(_numbered("*", generator.draws(secret, list_id, count)))
    slots: list[Slot] = []
    ratio = {arm.code: arm.ratio for arm in definition.arms}
    for label in definition.randomization.stratum_labels():
        size = scheme.capacity_per_stratum if capacity is None else capacity
        arms = stratum_arms(scheme, ratio, secret, list_id, label, size)
        slots += _numbered(label, arms[:size])
    return slots


def parameters(definition: StudyDefinition, *, capacity: int | None = None) -> dict[str, object]:
    """The parameter document of a list: what its slots follow from beside the secret.

    It is published as a salted hash only until the list is revealed, for it holds the block sizes.
    Text, integers, lists and mappings, so that its canonical JSON is the same everywhere; arms and
    factors stand in configured order, which generation depends on.
    """
    scheme = definition.randomization.scheme
    return {
        "method": scheme.method,
        "arms": [{"code": arm.code, "ratio": arm.ratio} for arm in definition.arms],
        "strata": list(definition.randomization.list_labels()),
        **_scheme_parameters(definition, capacity),
    }


def _numbered(label: str, contents: list[str]) -> Iterator[Slot]:
    return (Slot(label, position, content) for position, content in enumerate(contents, start=1))


def stratum_arms(
    scheme: GeneratedByStrata,
    ratio: Mapping[str, int],
    secret: bytes,
    list_id: str,
    label: str,
    capacity: int,
) -> list[str]:
    """The arms of one stratum in order, ``capacity`` or more of them.

    ``ratio`` gives each arm's share in configured order.
    """
    match scheme:
        case PermutedBlocks(block_sizes=sizes):
            return generator.permuted_blocks(
                secret, list_id, label, ratio=ratio, block_sizes=sizes, capacity=capacity
            )
        case BiasedCoin(probability=probability):
            return biased_coin.efron(
                secret, list_id, label, arms=list(ratio), probability=probability, capacity=capacity
            )
        case BigStick(limit=limit):
            return biased_coin.big_stick(
                secret, list_id, label, arms=list(ratio), limit=limit, capacity=capacity
            )


def _scheme_parameters(definition: StudyDefinition, capacity: int | None) -> Mapping[str, object]:
    scheme = definition.randomization.scheme
    match scheme:
        case PermutedBlocks():
            return {
                "block_sizes": list(scheme.block_sizes),
                **_sizes(scheme, capacity),
            }
        case BiasedCoin():
            return {
                "probability": _fraction(scheme),
                **_sizes(scheme, capacity),
            }
        case BigStick():
            return {
                "limit": scheme.limit,
                **_sizes(scheme, capacity),
            }
        case Minimisation():
            return {
                "draws": scheme.draws if capacity is None else capacity,
                "probability": _fraction(scheme),
                "measure": scheme.measure,
                "weights": definition.randomization.minimisation_weights(),
            }
        case UploadedList():
            return {"slots_per_stratum": scheme.slots_per_stratum}


def _sizes(scheme: GeneratedByStrata, capacity: int | None) -> dict[str, int]:
    """Blocks are made until there are ``capacity`` slots; the first ``slots_per_stratum`` are
    sealed."""
    size = scheme.capacity_per_stratum if capacity is None else capacity
    return {"capacity": size, "slots_per_stratum": size}


def _fraction(scheme: BiasedCoin | Minimisation) -> dict[str, int]:
    probability = scheme.probability
    return {"numerator": probability.numerator, "denominator": probability.denominator}
