"""``induct analytics estimate``, ``proportions``, ``boundaries``: the engine on known data."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import Refused, say
from infra.cli.files import contents, decoded
from shared import __version__

Out = Annotated[Path | None, typer.Option(help="Where to write; on the screen without it.")]
Answering = Callable[[Mapping[str, Any]], dict[str, Any]]


def estimate(
    data: Annotated[
        Path, typer.Argument(help="CSV: id, time, event (1 or 0), arm, and stratum, cause if any.")
    ],
    out: Out = None,
    times: Annotated[
        str | None, typer.Option(help="Times to tell survival and incidence at: 30,60,90.")
    ] = None,
    tau: Annotated[float | None, typer.Option(help="How far a restricted mean goes.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Arm to compare with; else that of the first row.")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="Another program's answers to these data: takes times, tau and arms."),
    ] = None,
) -> None:
    """Every estimate and test that one data set of times allows, under the names of R's survival.

    Null is not estimable; what was not asked for, or needs what the data lack, is absent.
    """
    from services.analytics.domain.account.account import Wanted, account, wanted_like
    from services.analytics.domain.account.data_set import DataSetError, data_set, with_reference
    from services.analytics.domain.observations import ObservationError

    rows = _rows(data)
    try:
        wanted, arms = (Wanted(), ()) if like is None else wanted_like(_object(like))
        found = data_set(rows, arms)
        if reference is not None:
            found = replace(found, arms=with_reference(found.arms, reference))
        chosen = Wanted(
            wanted.times if times is None else _times(times),
            wanted.tau if tau is None else tau,
            wanted.times_of if times is None else {},
        )
        answer = account(data.stem, found, chosen)
    except (DataSetError, ObservationError) as error:
        raise Refused(f"{data}: {error}") from None
    except ValueError as error:
        raise Refused(str(error)) from None
    _write({**answer, "software": {"induct": __version__}}, out)


def proportions(
    file: Annotated[Path, typer.Argument(help="JSON: examples of kind, method and input.")],
    out: Out = None,
) -> None:
    """Limits and tests of one and two proportions: the same list, with what the engine computes.

    An example that cannot be computed has an error in the place of an answer, and the command then
    ends with status 1.
    """
    from services.analytics.domain.account.rates import rate_answer

    content = decoded(file)
    own = ("id", "kind", "method", "input")
    failed = False
    if isinstance(content, list):
        answered, failed = _each(content, own, rate_answer)
        _write(answered, out)
    else:
        answered, failed = _each(_list(file, content, "examples"), own, rate_answer)
        _write({"examples": answered}, out)
    if failed:
        raise typer.Exit(1)


def boundaries(
    file: Annotated[
        Path, typer.Argument(help="JSON: boundaries (designs) and conditional_power (looks).")
    ],
    out: Out = None,
) -> None:
    """Group-sequential boundaries and conditional powers: the same lists, with what is computed."""
    from services.analytics.domain.account.looks import boundary_answer, power_answer

    content = _object(file)
    parts: tuple[tuple[str, tuple[str, ...], Answering], ...] = (
        ("boundaries", ("type", "one_sided_alpha", "information_rates"), boundary_answer),
        ("conditional_power", ("z", "t", "final_critical_z", "trend", "drift"), power_answer),
    )
    present = [part for part in parts if part[0] in content]
    if not present:
        raise Refused(f"{file} has neither boundaries nor conditional_power")
    answers, failed = {}, False
    for name, own, answering in present:
        answers[name], bad = _each(_list(file, content, name), own, answering)
        failed = failed or bad
    _write(answers, out)
    if failed:
        raise typer.Exit(1)


def _each(
    questions: list[Any], own: tuple[str, ...], answering: Answering
) -> tuple[list[dict[str, Any]], bool]:
    """The questions with their answers and nothing else of what was sent; whether one failed."""
    answered, failed = [], False
    for question in questions:
        given = question if isinstance(question, dict) else {}
        kept = {name: given[name] for name in own if name in given}
        try:
            answered.append(kept | answering(given))
        except ValueError as error:
            answered.append(kept | {"error": str(error)})
            failed = True
    return answered, failed


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = contents(path).decode("utf-8-sig")
        if "\x00" in text:
            raise Refused(f"{path} is no CSV: it holds a NUL")
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} is no CSV in UTF-8: {error}") from None


def _times(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise Refused("--times are numbers parted by commas: 30,60,90") from None
    if not all(0 <= each < float("inf") for each in found) or list(found) != sorted(set(found)):
        raise Refused("--times rise, and none is negative")
    return found


def _object(path: Path) -> Mapping[str, Any]:
    content = decoded(path)
    if not isinstance(content, dict):
        raise Refused(f"{path} is no JSON object")
    return content


def _list(path: Path, content: Any, name: str) -> list[Any]:
    found = content.get(name) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise Refused(f"{path} has no list {name}")
    return found


def _rounded(content: Any) -> Any:
    """Numbers as results are stored: at 12 digits they are the same on every processor."""
    from services.analytics.domain.results import rounded

    if isinstance(content, float):
        return rounded(content)
    if isinstance(content, dict):
        return {name: _rounded(each) for name, each in content.items()}
    return [_rounded(each) for each in content] if isinstance(content, list) else content


def _write(content: object, out: Path | None) -> None:
    text = json.dumps(_rounded(content), indent=1, ensure_ascii=False, allow_nan=False)
    if out is None:
        say(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror}") from None
