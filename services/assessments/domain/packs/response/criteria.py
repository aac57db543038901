"""The criteria of a response category: each answers True, False, or None for undetermined.

Source of the criteria: NCI/CIBMTR 2010 as printed in PMC7272718, Table 4a; limits are in the pack.
"""

from datetime import timedelta
from decimal import Decimal

from services.assessments.domain.packs.records import Extramedullary, Marrow
from services.assessments.domain.packs.response.assessment import Assessment, day_of_record
from services.assessments.domain.packs.spans import Verdict3, every, negation, some
from services.assessments.domain.packs.values import Censored, meets
from shared.rules.model import Limit, Pack

_PER_CENT = Decimal(100)


def complete_but_for_counts(this: Assessment, pack: Pack) -> Verdict3:
    """What CR, CRp and CRi share."""
    circulating = this.count.peripheral_blasts if this.count else None
    return every(
        [
            few_blasts(this.marrow, pack),
            meets(circulating, pack.limit("cr_circulating")),
            # Not recorded counts as present: who has counts of his own has three lineages.
            this.marrow.trilineage is not False,
            clear_outside(this.extramedullary, pack),
            _durable(this, pack),
        ]
    )


def few_blasts(marrow: Marrow, pack: Pack) -> Verdict3:
    """Marrow blasts below the limit, by number, else by category."""
    if marrow.blasts is not None:
        return marrow.blasts.meets(pack.limit("cr_blasts"))
    if marrow.category is None:
        return None
    return marrow.category in pack.texts("categories_with_few_blasts")


def clear_outside(found: Extramedullary | None, pack: Pack) -> Verdict3:
    """No extramedullary disease and a clear CNS."""
    if found is None:
        return None
    return every([_cns_in(found, pack.texts("cr_cns")), negation(found.disease)])


def neutrophils(this: Assessment, pack: Pack) -> Verdict3:
    """Neutrophils recovered."""
    return meets(this.count.neutrophils if this.count else None, pack.limit("cr_neutrophils"))


def platelets(this: Assessment, pack: Pack) -> Verdict3:
    """Platelets recovered."""
    return meets(this.count.platelets if this.count else None, pack.limit("cr_platelets"))


def partial_response(this: Assessment, pack: Pack) -> Verdict3:
    """Each kind of disease down to the limit, the marrow within its own, counts recovered."""
    limit = pack.limit("pr_remaining")
    return every(
        [
            _within_partial(this.marrow, pack),
            _marrow_ratio(this, limit),
            _circulating_ratio(this, limit),
            _outside_down(this, pack),
            neutrophils(this, pack),
            platelets(this, pack),
        ]
    )


def progression(this: Assessment, pack: Pack) -> Verdict3:
    """Any kind of disease up to the limit, or a new site."""
    limit = pack.limit("pd_remaining")
    return some(
        [_marrow_ratio(this, limit), _circulating_ratio(this, limit), _outside_up(this, pack)]
    )


def ratio_meets(now: Censored | None, then: Censored | None, limit: Limit) -> Verdict3:
    """Whether a value in % of an earlier one meets the limit.

    From nothing, any value is a rise and nothing is a fall. None where a number is missing, or is
    censored so that it leaves the answer open.
    """
    if now is None or then is None:
        return None
    factor = limit.value / _PER_CENT
    if then.exact is not None:
        if then.exact == 0 and limit.comparator in {"ge", "gt"}:
            return now.compare("gt", Decimal(0))
        return now.compare(limit.comparator, then.exact * factor)
    # `then` lies beyond a limit: what holds against its nearest possible value, and would hold all
    # the more against every other, is certain. Values are never negative.
    edge = now.compare(limit.comparator, then.limit * factor)
    upward = then.relation in {">", ">="}
    if limit.comparator in {"le", "lt"}:
        return True if upward and edge else _false_if(not upward and edge is False)
    return True if not upward and edge else _false_if(upward and edge is False)


def _false_if(certain: bool) -> Verdict3:
    return False if certain else None


def _durable(this: Assessment, pack: Pack) -> bool:
    days = pack.integer("cr_durability_days")
    start = day_of_record(this.marrow)
    end = start + timedelta(days=days)
    return not any(start < day <= end for day in this.recurred)


def _within_partial(marrow: Marrow, pack: Pack) -> Verdict3:
    if marrow.blasts is not None:
        return marrow.blasts.meets(pack.limit("pr_marrow"))
    if marrow.category is None:
        return None
    return marrow.category in pack.texts("categories_within_pr")


def _marrow_ratio(this: Assessment, limit: Limit) -> Verdict3:
    then = this.baseline.marrow
    return ratio_meets(this.marrow.blasts, then.blasts if then else None, limit)


def _circulating_ratio(this: Assessment, limit: Limit) -> Verdict3:
    now, then = this.count, this.baseline.count
    return ratio_meets(
        now.peripheral_blasts if now else None, then.peripheral_blasts if then else None, limit
    )


def _outside_down(this: Assessment, pack: Pack) -> Verdict3:
    now, then = this.extramedullary, this.baseline.extramedullary
    if now is None:
        return None
    # What was not there before cannot have gone down.
    fallen = every(
        [
            negation(clear_outside(then, pack)),
            now.new_site is not True,
            meets(now.burden, pack.limit("pr_remaining")),
        ]
    )
    return some([clear_outside(now, pack), fallen])


def _outside_up(this: Assessment, pack: Pack) -> Verdict3:
    now, then = this.extramedullary, this.baseline.extramedullary
    if now is None:
        return None
    clear_cns = _cns_in(then, pack.texts("cr_cns")) if then else None
    into_cns = every([_cns_in(now, pack.texts("new_site_cns")), clear_cns])
    if now.disease is False:
        # Nothing outside now: no burden, and no site that could be new but the CNS.
        return into_cns
    appeared = every([now.disease, negation(then.disease if then else None)])
    burden = meets(now.burden, pack.limit("pd_remaining"))
    return some([now.new_site, appeared, burden, into_cns])


def _cns_in(found: Extramedullary, wanted: tuple[str, ...]) -> Verdict3:
    if found.cns_status in {None, "UNK"}:
        return None
    return found.cns_status in wanted
