"""The simulator: what a design would do, before a trial relies on it.

    report = simulate(read_design(data), trials=10_000, seed="1")

It runs the code that allocates in earnest over simulated children and sets the result beside what
can be calculated. Nothing here draws randomness: every trial follows from the seed.
"""

from services.randomization.domain.simulation.design import (
    Design,
    DesignRefused,
    design_of,
    read_design,
)
from services.randomization.domain.simulation.report import Report
from services.randomization.domain.simulation.run import simulate

__all__ = ["Design", "DesignRefused", "Report", "design_of", "read_design", "simulate"]
