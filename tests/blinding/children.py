"""Children of two sites, and what is written down of them: alike in every world but for the arm."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from infra.demo import cohort, plan, records
from infra.demo.cohort import Child
from infra.demo.course import course
from infra.demo.plan import Step

SITES = ("D01", "D02")
SEED = 5
COUNT = 4
OF_A_STRATUM = ("INO",) * 4 + ("ALLR3",) * 2
# Nobody's outcome depends on the arm here: what was drawn for a child is what befalls it.
AS_IF = "INO"


def children() -> list[Child]:
    """Each site's in turn, in the order of their randomization."""
    drawn = cohort.simulate(SEED, COUNT)
    return [
        replace(child, site=SITES[n % 2], subject=f"{SITES[n % 2]}-{n + 1:03}")
        for n, child in enumerate(drawn)
    ]


def uploaded(arms: Mapping[str, str]) -> str:
    """A list whose next number in each child's stratum has its arm, filled to numbers of 2:1 a
    stratum. Raises ``ValueError`` where that many children of a stratum cannot have these arms."""
    rows: dict[tuple[str, str], list[str]] = {
        (age, remission): [] for age in ("lt10", "ge10") for remission in ("lt24m", "ge24m")
    }
    for child in children():
        rows[stratum_of(child)].append(arms[child.subject])
    numbered = [
        f"{age},{remission},{arm}"
        for (age, remission), given in rows.items()
        for arm in [*given, *_rest(given)]
    ]
    lines = [f"{n},{row}" for n, row in enumerate(numbered, start=1)]
    return "\n".join(["sequence,age_group,first_remission,arm", *lines]) + "\n"


def _rest(given: Sequence[str]) -> list[str]:
    left = list(OF_A_STRATUM)
    for arm in given:
        left.remove(arm)
    return left


def stratum_of(child: Child) -> tuple[str, str]:
    """As the study definition derives it, for children that are not on the edge of a level."""
    days = (child.relapse_on - child.first_diagnosis_on).days
    return ("lt10" if child.age_years() < 10 else "ge10", "lt24m" if days < 731 else "ge24m")


def before(child: Child) -> Sequence[Step]:
    """Registration, screening and the request for an allocation."""
    on = child.randomized_on
    return [
        plan.registration(child.subject, child.site, child.born.strftime("%Y-%m"), child.sex,
                          child.consented_on, child.consented_on),
        *records.screening(child),
        plan.allocation(child.subject, child.site, cohort.gate_values(child), {}, on),
    ]  # fmt: skip


def after(child: Child, arm: str) -> Iterator[Step]:
    """What follows, in the order of its dates. The doses and concentrations are the arm's own."""
    yield from records.after_allocation(child, arm, course(child, AS_IF))
