"""What verdicts on one record add up to."""

from collections.abc import Sequence

from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Verdict3, every

OK, OPEN, FLAGGED = "OK", "OPEN", "FLAGGED"


def verdict_value(trace: Trace, verdicts: Sequence[Verdict3]) -> Result:
    """FLAGGED as soon as one rule does not hold, OPEN where facts for one are missing, else OK."""
    words = {True: OK, None: OPEN, False: FLAGGED}
    holds = every(verdicts)
    failed = [verdict.rule for verdict in trace.tried if verdict.holds is False]
    rule = failed[0] if failed else None
    return trace.result(words[holds], "provisional" if holds is None else "final", rule=rule)
