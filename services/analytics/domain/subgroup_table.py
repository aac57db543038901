"""Result rows of an effect in the levels of a subgroup, and of whether it differs between them.

For each level: size and events of each arm, the effect of each arm against the reference; then one
test of interaction over the levels that have an effect. All of it is by arm, and so closed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from services.analytics.domain.estimate import Convention, Estimate, Statistic
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.score_test import ChiSquare
from services.analytics.domain.statistic_rows import statistic_rows, with_estimate
from services.analytics.domain.subgroups import Split

NO_EFFECT = "not in the test of interaction, for want of an effect"


@dataclass(frozen=True, slots=True)
class LevelEffects:
    """Subjects and events by arm, and the effect of each arm against the reference."""

    sizes: Mapping[str, tuple[int, int]]
    effects: Mapping[str, Statistic]


@dataclass(frozen=True, slots=True)
class InteractionTest:
    """The test of interaction of one arm, how it was made, and the levels that are not in it."""

    test: ChiSquare
    method: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubgroupTable:
    """``levels`` by code in the order of the split, ``tests`` by arm."""

    split: Split
    levels: Mapping[str, LevelEffects]
    tests: Mapping[str, InteractionTest]

    def rows(self, base: ResultRow, reference: str) -> Iterator[ResultRow]:
        """The rows, ``base`` filled in."""
        found = self.split
        words: Convention = {
            "subgroup_label": found.subgroup.label,
            "subgroup_kind": found.subgroup.kind,
        }
        of_all = replace(
            base, subgroup=found.subgroup.id, convention=words, warnings=found.warnings
        )
        for code, level in self.levels.items():
            of_level = replace(
                of_all, level=code, convention={**words, "level_label": found.levels[code]}
            )
            for arm, (n, events) in level.sizes.items():
                row = replace(of_level, contrast=None, group=arm, n=n, events=events)
                yield replace(row, statistic="n", value=float(n), unit="subjects")
                yield replace(row, statistic="events", value=float(events), unit="subjects")
            for arm, effect in level.effects.items():
                row = _contrast(of_level, arm, reference, [level])
                yield from statistic_rows(row, [effect])
        for arm, tested in self.tests.items():
            row = _contrast(of_all, arm, reference, self.levels.values())
            yield from _test_rows(row, tested, found.levels)


def _contrast(
    base: ResultRow, arm: str, reference: str, levels: Iterable[LevelEffects]
) -> ResultRow:
    pairs = [level.sizes[each] for level in levels for each in (arm, reference)]
    return replace(
        base,
        contrast=f"{arm} vs {reference}",
        n=sum(n for n, _ in pairs),
        events=sum(events for _, events in pairs),
    )


def _test_rows(
    base: ResultRow, tested: InteractionTest, labels: Mapping[str, str]
) -> Iterator[ResultRow]:
    test = tested.test
    row = replace(
        base,
        method=tested.method,
        convention={
            **base.convention,
            "degrees_of_freedom": test.degrees_of_freedom,
            "levels": len(labels),
            "levels_compared": len(labels) - len(tested.left_out),
        },
        warnings=(*base.warnings, *(f"{labels[code]}: {NO_EFFECT}" for code in tested.left_out)),
    )
    statistic = Estimate(test.statistic, reason=test.reason)
    yield with_estimate(replace(row, statistic="interaction_chi_square", unit="1"), statistic)
    p = Estimate(test.p, reason=test.reason)
    two = {**row.convention, "sides": 2}
    row = replace(row, statistic="interaction_p", unit="probability", convention=two)
    yield with_estimate(row, p)


def base_row(endpoint: str, population: str, cutoff: date) -> ResultRow:
    """What the rows of an endpoint in a population have in common."""
    return ResultRow(
        endpoint=endpoint,
        population=population,
        contrast="",
        statistic="n",
        value=0.0,
        method="count",
        unit="subjects",
        n=0,
        events=0,
        cutoff=cutoff,
        inputs_hash="",
        engine=OWN,
        output_class=OutputClass.CLOSED,
    )
