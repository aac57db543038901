"""Kaplan-Meier of a group: survival at chosen times, quartiles, and the whole curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from services.analytics.domain.kaplan_meier import Curve, kaplan_meier
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.nelson_aalen import nelson_aalen
from services.analytics.domain.specification import ConfidenceType

LEVEL = 0.95
QUARTILES = (0.25, 0.5, 0.75)


def survival(table: LifeTable, times: Sequence[float]) -> dict[str, Any]:
    """The group with limits of every type; at ``times`` only where some are given.

    ``n_risk`` counts who has a time at or after each of ``times``; the counts since the time before
    it include the time itself. ``curve`` holds every observed time.
    """
    curves = {kind: kaplan_meier(table, LEVEL, kind) for kind in ConfidenceType}
    first = curves[ConfidenceType.LOG_LOG]
    found: dict[str, Any] = {"n": table.n, "events": table.n_events}
    if times:
        found |= _at(table, first, times)
    for kind, curve in curves.items():
        found[kind.value] = _limits(curve, times)
    found["curve"] = {
        "times": table.times.tolist(),
        "n_risk": table.at_risk.tolist(),
        "n_event": table.events.tolist(),
        "n_censor": table.censored.tolist(),
        "survival": first.survival.tolist(),
        "std_err_of_survival": [first.standard_error_at(time).value for time in table.times],
    }
    return found


def _at(table: LifeTable, curve: Curve, times: Sequence[float]) -> dict[str, Any]:
    hazard = nelson_aalen(table)
    until = np.searchsorted(table.times, np.array(times), side="right")
    return {
        "times": list(times),
        "n_risk": [table.before(time).at_risk for time in times],
        "n_event_since_previous": _since(table.events, until),
        "n_censor_since_previous": _since(table.censored, until),
        "survival": [curve.at(time).value for time in times],
        "std_err_of_survival": [curve.standard_error_at(time).value for time in times],
        "cumhaz": [hazard.at(time).value for time in times],
        "std_chaz": [hazard.standard_error_at(time).value for time in times],
    }


def _since(counts: Any, until: Any) -> list[int]:
    totals = np.append(0, counts.cumsum())[until]
    return [int(each) for each in np.diff(totals, prepend=0)]


def _limits(curve: Curve, times: Sequence[float]) -> dict[str, Any]:
    points = [curve.at(time) for time in times]
    quantiles = [curve.quantiles(p) for p in QUARTILES]
    at_times = {"lower": [p.lower for p in points], "upper": [p.upper for p in points]}
    return (at_times if times else {}) | {
        "quartiles": {
            "p": list(QUARTILES),
            "estimate": [each[0].time for each in quantiles],
            "lower": [each[1].time for each in quantiles],
            "upper": [each[2].time for each in quantiles],
        }
    }
