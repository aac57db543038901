"""Whether a hazard ratio is the same in every level of a subgroup.

Likelihood-ratio test of the interaction of arm and level in a Cox model whose baseline hazards are
those of the levels: with a hazard ratio of its own in each level the partial likelihood is the
product of those of the levels, so both models are fits that exist already (Kalbfleisch and Prentice
2002, section 4.2).
"""

from collections.abc import Sequence

from services.analytics.domain.cox.model import NOT_CONVERGED, cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.score_test import ChiSquare

ONE_LEVEL = "fewer than two levels with an estimable effect"


def hazard_interaction(levels: Sequence[Sequence[LifeTable]], ties: Ties) -> ChiSquare:
    """Test over ``levels[level][arm]`` of the reference and one arm, each with a finite ratio.

    Degrees of freedom are the levels less one. None where a level has no finite ratio, or there
    are fewer than two.
    """
    if len(levels) < 2:
        return ChiSquare(None, 0, ONE_LEVEL)
    common = cox(levels, ties).log_likelihood
    apart = [cox([level], ties).log_likelihood for level in levels]
    own = [each for each in apart if each is not None]
    if common is None or len(own) < len(apart):
        return ChiSquare(None, 0, NOT_CONVERGED if common is None else ONE_LEVEL)
    return ChiSquare(max(2.0 * (sum(own) - common), 0.0), len(levels) - 1)
