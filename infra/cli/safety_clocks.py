"""``induct safety clocks``: from dated facts to what is owed by when, without a server."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, say
from infra.cli.definitions import study_of
from infra.cli.files import decoded, refusals_in_words

if TYPE_CHECKING:
    from services.safety.domain.facts import Fact
    from services.safety.domain.rule_sets import RuleSet
    from services.safety.files.facts import FactsFile
    from services.safety.obligation_service import Owed
    from shared.study import StudyDefinition


def clocks(
    facts: Annotated[
        Path, typer.Argument(help="The facts of one case, as JSON; an export of a case will do.")
    ],
    as_of: Annotated[
        str | None,
        typer.Option(
            help="What was known by this instant, such as 2026-04-03T12:00:00Z; all of it if left"
            " out."
        ),
    ] = None,
    definition: Annotated[
        Path | None,
        typer.Option(help="A study definition (YAML); the shipped one of the file's study if not."),
    ] = None,
) -> None:
    """Compute from dated facts what a case is to each authority and which reports are owed by when.

    The same facts give the same answer, whatever their order; it is what a server answers.

    Every clock names its rule, its text, and who verified it against that text (null: nobody yet).
    """
    from services.safety.files.facts import facts_of
    from services.safety.obligation_service import owed, rules_in_force

    with refusals_in_words(facts):
        file = _file(decoded(facts))
        study = study_of(file.study, definition)
        if study.safety is None:
            raise Refused(f"{study.id} takes no safety cases.")
        made = facts_of(file.case_id, file.facts, file.zone or study.safety.receiver_time_zone)
    rules = _rules(file) or rules_in_force(study)
    instant = _instant(as_of) or max(fact.recorded_at for fact in made)
    found = owed(file.case_id, made, study, instant, rules)
    say(json.dumps(_document(file, study, instant, rules, made, found), indent=2))


def _file(data: Any) -> "FactsFile":
    """The file, or the facts of a whole case as the service exports it."""
    from services.safety.files.facts import FactsFile
    from services.safety.files.reading import fit

    if isinstance(data, dict) and isinstance(data.get("rows"), dict) and "case" in data:
        case = data["case"] if isinstance(data["case"], dict) else {}
        facts = data["rows"].get("facts")
        data = {"case": case.get("case_id"), "study": case.get("study"), "facts": facts}
    return fit(FactsFile, data)


def _rules(file: "FactsFile") -> "tuple[RuleSet, ...]":
    from services.safety.domain import rule_sets

    try:
        return tuple(rule_sets.load(each.id, each.version) for each in file.rule_sets or ())
    except KeyError as unknown:
        known = ", ".join(" ".join(each) for each in rule_sets.shipped())
        raise Refused(f"There is no rule set {unknown.args[0]}; there are {known}.") from None


def _instant(text: str | None) -> datetime | None:
    from pydantic import TypeAdapter, ValidationError

    from shared.http.models import Instant

    if text is None:
        return None
    try:
        found: datetime = TypeAdapter(Instant).validate_python(text)
    except ValidationError:
        raise Refused("--as-of is an instant, such as 2026-04-03T12:00:00Z.") from None
    return found


def _document(
    file: "FactsFile",
    study: "StudyDefinition",
    instant: datetime,
    rules: "Sequence[RuleSet]",
    made: "Sequence[Fact]",
    found: "Owed",
) -> dict[str, Any]:
    from services.safety import views
    from services.safety.domain.obligations import RUNNING

    first = found.first_due_at
    obligations = [
        {
            **views.obligation(each).model_dump(mode="json"),
            "began_at": _utc(each.began_at),
            "overdue": each.state in RUNNING and each.due_at < instant,
            "trigger": str(each.trigger),
            "trace": [str(fact) for fact in each.trace],
        }
        for each in found.obligations
    ]
    return {
        "case": file.case,
        "case_id": str(file.case_id),
        "study": study.id,
        "as_of": _utc(instant),
        "facts": {"given": len(made), "known": sum(f.recorded_at <= instant for f in made)},
        "rule_sets": [{"id": r.id, "version": r.version, "sha256": r.sha256} for r in rules],
        "rulings": [views.ruling(each).model_dump(mode="json") for each in found.ruled],
        "unclassified": found.unclassified,
        "first_due_at": None if first is None else _utc(first),
        "obligations": obligations,
    }


def _utc(at: datetime) -> str:
    from datetime import UTC

    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
