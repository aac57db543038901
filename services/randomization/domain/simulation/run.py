"""Simulate a design: many trials, each with a secret of its own, and what can be calculated."""

from collections.abc import Callable

from services.randomization.domain.generator import VERSION
from services.randomization.domain.simulation.allocation import allocator_of, process_of
from services.randomization.domain.simulation.arrivals import Arrivals, trial_secret
from services.randomization.domain.simulation.balance import (
    Difference,
    difference,
    final_count_sds,
)
from services.randomization.domain.simulation.design import Design
from services.randomization.domain.simulation.guesser import (
    Guesser,
    Predictability,
    predictability,
)
from services.randomization.domain.simulation.processes import Process
from services.randomization.domain.simulation.ratio_test import ratio_test
from services.randomization.domain.simulation.report import ArmReport, Balance, Guessing, Report
from services.randomization.domain.simulation.tallies import Tallies, spread
from shared.study.schemes import BiasedCoin, BigStick, PermutedBlocks

MAX_TRIALS = 1_000_000
BLOCK_SLOTS = 30
COIN_SLOTS = 300


def simulate(
    design: Design,
    trials: int,
    seed: str | int,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Simulate ``trials`` trials of a design; the same seed gives the same report everywhere.

    The arms come from the very code that allocates: generator, coins, minimisation. ``progress`` is
    called after each trial with the number done. Raises ``ValueError`` for a number of trials out
    of range.
    """
    if not 1 <= trials <= MAX_TRIALS:
        raise ValueError(f"trials must be between 1 and {MAX_TRIALS}")
    process = process_of(design)
    guesser = None if process is None else Guesser(process)
    exact = None if guesser is None else predictability(guesser, slots_to_guess(design))
    allocator = allocator_of(design, design.subjects if exact is None else exact.slots, guesser)
    arrivals = Arrivals(design.factors, design.subjects)
    tallies = Tallies(design)
    for trial in range(trials):
        children = arrivals.of_trial(str(seed), trial)
        tallies.add(allocator.allocate(trial_secret(str(seed), trial), children))
        progress(trial + 1)
    return _report(design, str(seed), tallies, process, exact)


def slots_to_guess(design: Design) -> int:
    """The size of the stratum that predictability is about, unless the design says: 30 slots of
    blocks, in whole blocks where one size is known; of a coin as many as there are children."""
    if design.stratum_size is not None:
        return design.stratum_size
    if isinstance(design.scheme, PermutedBlocks):
        largest = design.scheme.block_sizes[-1]
        slots = max(BLOCK_SLOTS, largest)
        return slots - slots % largest if len(design.scheme.block_sizes) == 1 else slots
    return min(design.subjects, COIN_SLOTS)


def _report(
    design: Design,
    seed: str,
    tallies: Tallies,
    process: Process | None,
    exact: Predictability | None,
) -> Report:
    test = ratio_test(tallies.positions, design.shares)
    return Report(
        design=design,
        algorithm=VERSION,
        trials=tallies.trials,
        seed=seed,
        arms=_arms(design, tallies, process),
        balance=Balance(
            spread(tallies.strata, tallies.scale),
            {name: spread(found, tallies.scale) for name, found in tallies.margins.items()},
            tallies.farthest / tallies.scale,
        ),
        guessing=_guessing(design, tallies, exact),
        ratio_test=test,
        difference=_difference(design, process),
        refused_children=tallies.refused["children"],
        refused_trials=tallies.refused["trials"],
    )


def _arms(design: Design, tallies: Tallies, process: Process | None) -> tuple[ArmReport, ...]:
    # An exhausted list cuts the trial short, which no formula here knows.
    calculable = process is not None and not tallies.refused["children"]
    sds = (
        final_count_sds(process, design.factors, design.subjects) if calculable and process else []
    )
    return tuple(
        ArmReport(
            code=code,
            share=design.shares[place],
            final=spread(tallies.finals[place]),
            exact_sd=sds[place] if sds else None,
            final_counts=dict(sorted(tallies.finals[place].items())),
            by_position=tuple(
                row[place] / sum(row) if sum(row) else None for row in tallies.positions
            ),
            longest_run=spread(tallies.runs[place]),
            longest_run_in_stratum=spread(tallies.stratum_runs[place]),
        )
        for place, code in enumerate(design.ratio)
    )


def _guessing(design: Design, tallies: Tallies, exact: Predictability | None) -> Guessing:
    asked = tallies.guesses["asked"]
    return Guessing(
        guesser="sees its stratum" if exact else "sees levels and fake arms of all before",
        floor=max(design.shares),
        slots=asked,
        correct=tallies.guesses["right"] / asked,
        certain=tallies.guesses["certain"] / asked,
        exact=exact,
    )


def _difference(design: Design, process: Process | None) -> Difference | None:
    if process is None or not isinstance(design.scheme, BiasedCoin | BigStick):
        return None
    return difference(process, design.stratum_size or design.subjects)
