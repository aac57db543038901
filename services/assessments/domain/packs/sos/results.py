"""Every derivation of the pack `sos` of one subject."""

from collections.abc import Mapping
from datetime import date

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.result import Result
from services.assessments.domain.packs.sos.alert import ebmt_alert, seattle_alert
from services.assessments.domain.packs.sos.severity import ebmt_severity
from shared.rules.model import Pack

PACKS = ("sos",)


def sos_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], _as_of: date | None = None
) -> tuple[Result, ...]:
    """The EBMT alert, its severity, and the modified Seattle criteria."""
    pack = packs["sos"]
    return ebmt_alert(facts, pack), ebmt_severity(facts, pack), seattle_alert(facts, pack)
