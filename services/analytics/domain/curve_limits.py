"""Pointwise limits of a survival probability under four transformations.

Sources: Kalbfleisch and Prentice 1980 for log-log; Link 1984 for log; Greenwood 1926
for the untransformed ("plain") limits; Thomas and Grunkemeier 1975 and Meeker and
Escobar 1998 for logit. Limits outside [0, 1] are cut, as R's survfit does.
"""

import numpy as np

from services.analytics.domain.estimate import normal_quantile
from services.analytics.domain.life_table import FloatArray
from services.analytics.domain.specification import ConfidenceType

# Where no event has happened yet these two are 1 with no width; the others have no value.
DEFINED_AT_ONE = frozenset({ConfidenceType.PLAIN, ConfidenceType.LOG})


def pointwise_limits(
    survival: FloatArray, greenwood: FloatArray, level: float, conf_type: ConfidenceType
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper limit of S wherever 0 < S < 1; elsewhere the arrays hold no meaning.

    ``greenwood`` is the sum of d / (r (r - d)), of the shape of ``survival``. Raises
    ValueError for a level outside (0, 1).
    """
    z = normal_quantile(level)
    with np.errstate(all="ignore"):
        width = z * np.sqrt(greenwood)
        match conf_type:
            case ConfidenceType.LOG_LOG:
                log_survival = np.log(survival)
                centre = np.log(-log_survival)
                width = width / np.abs(log_survival)
                return np.exp(-np.exp(centre + width)), np.exp(-np.exp(centre - width))
            case ConfidenceType.LOG:
                ends = survival * np.exp(-width), survival * np.exp(width)
            case ConfidenceType.PLAIN:
                ends = survival - survival * width, survival + survival * width
            case ConfidenceType.LOGIT:
                odds, factor = survival / (1.0 - survival), np.exp(width / (1.0 - survival))
                return odds / (odds + factor), 1.0 / (1.0 + 1.0 / (odds * factor))
        return np.maximum(ends[0], 0.0), np.minimum(ends[1], 1.0)
