"""``induct randomization simulate``: what a design would do, before a trial relies on it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, say, table

if TYPE_CHECKING:
    from services.randomization.domain.simulation import Design, Report
    from services.randomization.domain.simulation.tallies import Spread

PLOTS = (".svg", ".png")
SPREAD = ("mean", "SD", "range", "95 %")


def simulate(
    design: Annotated[Path | None, typer.Option(help="A design as data (JSON or YAML).")] = None,
    study: Annotated[
        str | None, typer.Option(help="Or a study: a definition file, or the id of a shipped one.")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many trials.")] = 10_000,
    seed: Annotated[str, typer.Option(help="The same seed gives the same report.")] = "1",
    subjects: Annotated[
        int | None, typer.Option(min=1, help="With --study: children a trial (its target).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw it too: a file .svg or .png.")] = None,
) -> None:
    """Simulate a design with the code that allocates: balance, predictability, P(arm) by position.

    Ends with an error where an arm's probability is not its share at every position.
    """
    from services.randomization.domain.simulation import DesignRefused

    if (design is None) == (study is None):
        raise Refused("Name a design (--design FILE) or a study (--study NCT05748171).")
    if plot is not None and plot.suffix not in PLOTS:
        raise Refused(f"A plot is a file {' or '.join(PLOTS)}, not {plot.name}.")
    try:
        read = _read(design) if design else _of_study(study or "", subjects)
    except DesignRefused as refusal:
        raise Refused(
            "\n  ".join([f"{design or study} cannot be simulated:", *refusal.faults])
        ) from None
    report = _run(read, trials, seed)
    if plot is not None:
        from infra.cli.randomization_figure import draw

        draw(report, plot)
    if as_json:
        say(json.dumps(report.as_data(), indent=2))
    else:
        _tell(report)
    if not report.ratio_test.holds:
        raise Refused(
            "The ratio is not held at every position. If another seed holds it, it was chance;"
            " if not, do not use the design."
        )


def _read(path: Path) -> "Design":
    from services.randomization.domain.simulation import DesignRefused, read_design

    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    try:
        text = path.read_bytes().decode("utf-8")
        return read_design(_json(text) if path.suffix == ".json" else _yaml(text))
    except UnicodeDecodeError:
        raise DesignRefused(["the file is not UTF-8 text"]) from None
    except json.JSONDecodeError as fault:
        raise DesignRefused([f"line {fault.lineno}, column {fault.colno}: {fault.msg}"]) from None


def _json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_each_key_once)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    from services.randomization.domain.simulation import DesignRefused

    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise DesignRefused([f"{key}: stands twice" for key in found if keys.count(key) > 1])
    return found


def _yaml(text: str) -> object:
    from services.randomization.domain.simulation import DesignRefused
    from shared.study.yaml_tree import read_tree

    tree = read_tree(text)
    if tree.faults:
        raise DesignRefused([str(fault) for fault in sorted(tree.faults)])
    return tree.data


def _of_study(study: str, subjects: int | None) -> "Design":
    from services.randomization.domain.simulation import design_of
    from shared.study.faults import DefinitionError
    from shared.study.loading import load_definition, shipped_definitions

    path = shipped_definitions().get(study, Path(study))
    if not path.is_file():
        raise Refused(f"There is no study {study}: neither a file nor one that ships with Induct.")
    try:
        return design_of(load_definition(path), subjects)
    except DefinitionError:
        raise Refused(f"{path} has faults: induct study validate {path}") from None


def _run(design: "Design", trials: int, seed: str) -> "Report":
    from rich.console import Console
    from rich.progress import Progress

    from services.randomization.domain.simulation import simulate as run

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Simulating", total=trials)
        step = max(1, trials // 200)
        return run(
            design,
            trials,
            seed,
            lambda done: bar.update(task, completed=done) if done % step == 0 else None,
        )


def _tell(report: "Report") -> None:
    design = report.design
    ratio = ":".join(str(arm.ratio) for arm in design.arms)
    say(design.title or design.scheme.method.replace("_", " "))
    say(
        f"{report.trials} trials of {design.subjects} children, {ratio}, seed {report.seed}"
        f" ({report.algorithm})"
    )
    _tell_counts(report)
    _tell_balance(report)
    _tell_guessing(report)
    _tell_ratio(report)
    if report.refused_children:
        say(
            f"\nExhausted: {report.refused_children} children in {report.refused_trials} trials"
            " found no slot left in their list."
        )


def _tell_counts(report: "Report") -> None:
    say("\nFinal count")
    rows = [
        (
            arm.code,
            f"{float(arm.share):.4f}",
            *_spread(arm.final),
            "-" if arm.exact_sd is None else f"{arm.exact_sd:.3f}",
            f"{arm.longest_run.most:.0f}",
            f"{arm.longest_run_in_stratum.most:.0f}",
        )
        for arm in report.arms
    ]
    table(("arm", "share", *SPREAD, "exact SD", "longest run", "in a stratum"), rows)


def _tell_balance(report: "Report") -> None:
    first = report.arms[0].code
    say(f"\nChildren of {first} beyond its share, at the end")
    balance = report.balance
    rows = [("a stratum", *_spread(balance.within_strata))]
    rows += [
        (f"a level of {name}", *_spread(each)) for name, each in balance.within_factors.items()
    ]
    table(("in", *SPREAD), rows)
    say(f"At any moment, in any stratum: at most {balance.farthest:.2f} from its share.")
    found = report.difference
    if found is not None:
        chances = ", ".join(
            f"{n}: {chance:.4f}" for n, chance in enumerate(found.probabilities[:4])
        )
        say(
            f"Exact, one stratum of {found.slots}: mean |D| {found.mean_absolute:.3f},"
            f" SD of D {found.sd:.3f}; P(|D|) {chances}"
        )


def _tell_guessing(report: "Report") -> None:
    found = report.guessing
    say("\nPredictability")
    rows = [
        (f"simulated ({found.slots} guesses)", f"{found.correct:.4f}", f"{found.certain:.4f}"),
        ("always the larger arm", f"{float(found.floor):.4f}", f"{0:.4f}"),
    ]
    if found.exact is not None:
        exact = found.exact
        words = f"exact, a stratum of {exact.slots}"
        rows.insert(1, (words, f"{float(exact.correct):.4f}", f"{float(exact.certain):.4f}"))
    table((f"guesser who {found.guesser}", "correct", "certain"), rows)


def _tell_ratio(report: "Report") -> None:
    first, test = report.arms[0], report.ratio_test
    seen = [chance for chance in first.by_position if chance is not None]
    say(
        f"\nP({first.code}) by position: {min(seen):.4f} to {max(seen):.4f}, share"
        f" {float(first.share):.4f}; chi-square {test.statistic:.1f} over {test.terms} terms,"
        f" limit {test.limit:.1f}: {'held' if test.holds else 'NOT HELD'}"
    )


def _spread(found: "Spread") -> tuple[str, str, str, str]:
    whole = all(float(value).is_integer() for value in (found.least, found.most))
    digits = 0 if whole and found.lower.is_integer() and found.upper.is_integer() else 2
    ends = [f"{value:.{digits}f}" for value in (found.least, found.most, found.lower, found.upper)]
    mean = found.mean if abs(found.mean) >= 0.005 else 0.0
    return f"{mean:.2f}", f"{found.sd:.3f}", f"{ends[0]} to {ends[1]}", f"{ends[2]} to {ends[3]}"
