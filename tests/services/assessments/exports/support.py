"""The study and the mapping that exports are tested with."""

from functools import cache

from services.assessments.domain.exports.sdtm_pack import PACKS, SdtmPack
from shared.rules.loading import load_pack
from shared.study import StudyDefinition
from tests.support.definitions import shipped


@cache
def study(name: str = "NCT05748171") -> StudyDefinition:
    """A shipped study."""
    return shipped(name)


def mapping_pack() -> SdtmPack:
    """The mapping as shipped."""
    return SdtmPack(*(load_pack(name) for name in PACKS))
