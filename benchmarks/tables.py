"""The tables of the results, in Markdown."""

from collections.abc import Sequence

from benchmarks.calculation import Calculations
from benchmarks.export import Exported
from benchmarks.imports import BARE
from benchmarks.night_results import Night
from benchmarks.outcome import percentile
from benchmarks.results import Results
from benchmarks.safety import Safety
from benchmarks.submission import Submissions


def goals_table(results: Results) -> str:
    return table(("What", "Measured", "Goal", ""), [goal.row() for goal in results.goals()])


def allocation_table(results: Results) -> str:
    rows = []
    for comparison in results.comparisons:
        for contestant in comparison.rounds:
            figures = comparison.figures(contestant)
            ratio = f"{comparison.ratio(contestant):.2f}"
            rows.append((
                comparison.scene.name, contestant, f"{figures.rate:.0f}", f"{figures.p50:.1f} ms",
                f"{figures.p99:.1f} ms", ratio,
            ))  # fmt: skip
    return table(("Clients", "By", "Allocations/s", "p50", "p99", "Share of pgbench"), rows)


def calculation_table(found: Calculations) -> str:
    rows = [
        (speed.what, _seconds(speed.seconds), f"{1 / speed.seconds:,.2f}",
         f"{speed.hmacs(found.hmac_seconds):.2f} a {speed.piece}")
        for speed in found.speeds
    ]  # fmt: skip
    rows.append(("One HMAC-SHA256 of 64 bytes", _seconds(found.hmac_seconds),
                 f"{1 / found.hmac_seconds:,.0f}", "1"))  # fmt: skip
    return table(("What", "Takes", "A second", "In HMACs"), rows)


def _seconds(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e6:.2f} µs"


def imports_table(results: Results) -> str:
    bare = results.imports[BARE]
    rows = [
        (f"`{name}`", f"{found.cpu * 1000:.0f} ms", f"{found.wall * 1000:.0f} ms",
         f"{found.cpu / bare.cpu:.2f}", f"{found.whole_cpu / bare.cpu:.2f}",
         ", ".join(found.heavy) or "none")
        for name, found in results.imports.items()
    ]  # fmt: skip
    head = (
        "Import of",
        "CPU time",
        "Elapsed",
        "Multiple",
        "With the driver",
        "Heavy modules",
    )
    return table(head, rows)


def delivery_table(results: Results) -> str:
    shown = [f"{percentile(results.delivery, percent) * 1000:.1f} ms" for percent in (50, 95, 99)]
    return table(("Events", "p50", "p95", "p99"), [(str(len(results.delivery)), *shown)])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def submission_table(found: Submissions) -> str:
    rows = [
        (f"{posted.values:,} values by rwslib, {posted.how}", f"{posted.rate:,.0f}",
         f"{percentile(posted.posts, 50) * 1000:.0f} ms",
         f"{percentile(posted.posts, 95) * 1000:.0f} ms", *_shares(posted.rate, found))
        for posted in found.posted
    ]  # fmt: skip
    rows += [
        (f"{found.corrected:,} values corrected and derived from",
         f"{found.corrected / found.correcting:,.0f}", "", "", "", ""),
        *(
            (what, f"{rate:,.0f}", "", "", *_shares(rate, found))
            for what, rate in (
                ("COPY of the same rows with keys and trail", found.stored.kept),
                ("COPY of the same rows, bare", found.stored.bare),
            )
        ),
    ]  # fmt: skip
    head = ("What", "Values/s", "p50 a post", "p95", "Of COPY with trail", "Of bare COPY")
    return table(head, rows)


def _shares(rate: float, found: Submissions) -> tuple[str, str]:
    return f"{rate / found.stored.kept:.3f}", f"{rate / found.stored.bare:.3f}"


def export_table(found: Sequence[Exported]) -> str:
    rows = [
        (f"`{each.file}`", f"{each.children:,}", f"{each.size / 1e6:,.1f} MB",
         f"{each.seconds:.1f} s", f"{each.children / each.seconds:,.0f}", f"{each.grown:.1f} MB")
        for each in found
    ]  # fmt: skip
    return table(("File", "Children", "Size", "Takes", "Children/s", "Memory"), rows)


def safety_table(found: Safety) -> str:
    against = "rules and schemas" if found.schemas else "rules"
    rows = [
        (what, str(len(times)), *(_seconds(percentile(times, p)) for p in (50, 95, 99)))
        for what, times in (
            ("Message put down to its first attempt received", found.attempts),
            ("Serious event reported, to its due dates answered", found.intakes),
            (f"ICSR of the case asked for, to the draft held against {against}", found.reports),
        )
    ]
    return table(("What", "Of", "p50", "p95", "p99"), rows)


def clocks_table(found: Safety) -> str:
    clocks = found.clocks
    what = f"{clocks.cases:,} cases, {clocks.facts:,} facts, {clocks.obligations:,} obligations"
    row = (what, _seconds(clocks.scan), _seconds(clocks.compute),
           _seconds(clocks.compute / clocks.cases), f"{clocks.ratio:.1f}")  # fmt: skip
    head = ("Clocks of", "One scan of the facts", "Computed anew", "A case", "Ratio to the scan")
    return table(head, [row])


def night_table(found: Night) -> str:
    rows = [
        (f"{each.participants:,}", f"{each.rows:,}", _seconds(each.bare), _seconds(each.whole),
         _seconds(each.bare_cpu), _seconds(each.whole_cpu), f"{each.ratio:.2f}")
        for each in found.counted
    ]  # fmt: skip
    head = ("Participants", "Counts", "Bare GROUP BY", "With statistics", "Bare, CPU",
            "With statistics, CPU", "Multiple by CPU")  # fmt: skip
    return table(head, rows)


def beside_table(found: Night) -> str:
    rows = [
        (each.what, f"{each.participants:,}", _seconds(each.own), _seconds(each.lifelines),
         f"{each.lifelines / each.own:.1f}",
         "-" if each.difference is None else f"{each.difference:.0e}")
        for each in found.beside
    ]  # fmt: skip
    head = ("What", "Participants", "Induct", "lifelines", "Times as fast", "Difference")
    return table(head, rows)
