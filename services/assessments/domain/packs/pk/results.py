"""Peak and trough of each dose, and every derivation of the pack `pk`.

They reveal the arm: so do these results as a whole. A value below quantification stays "<1": it is
never 0, and nothing here computes with it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.pk.checks import FLAGGED
from services.assessments.domain.packs.pk.concentrations import (
    Placed,
    placed_samples,
    reported,
    shown,
    unit_fits,
)
from services.assessments.domain.packs.pk.doses import PlannedDose, dose_checks, planned_doses
from services.assessments.domain.packs.pk.samples import check_sample, sample_checks
from services.assessments.domain.packs.result import Result, Status, Trace
from shared.rules.model import Pack

PACKS = ("pk",)


def pk_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], _as_of: date | None = None
) -> tuple[Result, ...]:
    """Checks of doses and samples, then peak and trough of each dose."""
    pack = packs["pk"]
    return (
        *dose_checks(facts, pack),
        *sample_checks(facts, pack),
        *peaks_and_troughs(facts, pack),
    )


def peaks_and_troughs(facts: SubjectFacts, pack: Pack) -> tuple[Result, ...]:
    """Peak (`pk_peak:visit`) of every dose, and trough where the plan has one.

    A number, or text such as "<1" below quantification. Provisional where a check of the sample
    raised a flag. NE: `no_sample`, `no_value`, `unit_incompatible`.
    """
    placed = placed_samples(facts, pack)
    found = []
    for dose in planned_doses(facts, pack):
        if dose.plan is None:
            continue
        of_dose = [each for each in placed if each.dose == dose]
        found.append(_extreme("peak", dose, of_dose, pack))
        if dose.plan["trough"]:
            found.append(_extreme("trough", dose, of_dose, pack))
    return tuple(found)


def _extreme(rule: str, dose: PlannedDose, placed: Sequence[Placed], pack: Pack) -> Result:
    visit = dose.plan["visit"] if dose.plan is not None else dose.dose.record
    trace = Trace(f"pk_{rule}:{visit}", pack)
    samples = [each for each in placed if each.sample.timepoint == pack.text(f"{rule}_timepoint")]
    for each in placed:
        trace.look(*each.sample.told())
    trace.look(*dose.dose.told())
    trace.try_rule(rule, bool(samples), *(shown(each.sample) for each in samples))
    if not samples:
        return trace.result(None, "ne", reason="no_sample", rule=rule)
    fit = [each for each in samples if unit_fits(each.sample, pack)]
    if not fit:
        return trace.result(None, "ne", reason="unit_incompatible", rule=rule)
    valued = [(each, value) for each in fit if (value := reported(each.sample, pack)) is not None]
    if not valued:
        return trace.result(None, "ne", reason="no_value", rule=rule)
    pick = max if rule == "peak" else min
    chosen, value = pick(valued, key=lambda pair: (pair[1].limit, pair[0].sample.record))
    checked = check_sample(chosen, placed, pack)
    # What the sample's own check asks is asked there, once.
    trace.note(*(code for code in checked.notes if not code.startswith(("query_", "deviation_"))))
    status: Status = "provisional" if checked.value == FLAGGED else "final"
    told: Decimal | str = value.text if value.exact is None else value.exact
    return trace.result(told, status, rule=rule)
