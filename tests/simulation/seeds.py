"""What every file of seeds asserts: each seed alone, and of all together that they were hard."""

from collections import Counter
from pathlib import Path

from tests.simulation.nemesis import KINDS
from tests.simulation.seed import CONVERGES_WITHIN_SECONDS, Report, run_seed
from tests.simulation.workshop import Workshop

MISBEHAVIOURS = {
    "bus: answer lost", "bus: in another order", "bus: late", "bus: lost on the way",
    "bus: publish in another order", "bus: publish unanswered", "bus: twice", "bus: twice at once",
}  # fmt: skip


class Seeds:
    """The reports of the seeds that were run; each is run once."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def run(self, workshop: Workshop, seed: int, keep: Path) -> None:
        """Raises ``AssertionError`` with what was violated, and where the logs are."""
        report = run_seed(workshop, seed, keep)
        self.reports.append(report)
        told = "\n".join((report.words(), *report.violations, f"logs: {report.folder}"))
        assert not report.violations, told
        assert report.converged_seconds < CONVERGES_WITHIN_SECONDS, told

    def assert_hard(self, *, disk: bool) -> None:
        """Every kind of fault happened, callers were left in the dark, and much got through."""
        faults: Counter[str] = Counter()
        for report in self.reports:
            faults += report.faults
        wanted = {*KINDS} - (set() if disk else {"disk full"})
        assert wanted <= faults.keys(), wanted - faults.keys()
        # These are by chance, and how many chances there are depends on the machine.
        assert len(faults.keys() & MISBEHAVIOURS) >= len(MISBEHAVIOURS) / 2
        assert any(name.startswith("point: ") for name in faults)
        unknown = sum(report.unknown_operations for report in self.reports)
        acknowledged = sum(
            count for report in self.reports for name, count in report.outcomes.items()
            if name.endswith(" ok")
        )  # fmt: skip
        assert unknown >= 5 * len(self.reports)
        assert acknowledged >= 10 * len(self.reports)
