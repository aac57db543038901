"""A derived value with everything that explains it: rules tried, inputs, and the pack."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.rules.model import Pack

Status = Literal["final", "provisional", "ne", "pending"]
_STATUS_WORDS: dict[Status, str] = {
    "final": "final",
    "provisional": "provisional: may change with data still to come",
    "ne": "not evaluable",
    "pending": "pending: data are still due",
}
_VERDICT_WORDS = {True: "holds", False: "does not hold", None: "cannot be decided"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule that was tried: `holds` is None where the facts do not decide it.

    `inputs` are the facts looked at, each as a person reads it (`marrow bm1: blasts 4.9`).
    """

    rule: str
    text: str
    holds: bool | None
    inputs: tuple[str, ...] = ()


class InputRef(NamedTuple):
    """An item of a version of a record that a result rests on."""

    record: str
    version: int
    item: str


@dataclass(frozen=True, slots=True)
class PackRef:
    """The rule pack that made a result: id, version, hash of its content."""

    id: str
    version: str
    sha256: str

    @classmethod
    def of(cls, pack: Pack) -> "PackRef":
        """The reference of a pack in force."""
        return cls(pack.id, pack.version, pack.sha256)


@dataclass(frozen=True, slots=True)
class Result:
    """One derived value of one subject.

    `value` is None where status is `ne` or `pending`, unless the value is itself a category such as
    NE; `reason` is the code that then says why. `rule` is the rule that fired. `notes` are stable
    codes of what a person has to know: flags, queries to raise, deviations. `details` are named
    parts of a value that has several, such as start, end and source of a time to event.
    """

    derivation: str
    value: str | Decimal | date | None
    status: Status
    pack: PackRef
    reason: str | None = None
    rule: str | None = None
    tried: tuple[Verdict, ...] = ()
    inputs: tuple[InputRef, ...] = ()
    notes: tuple[str, ...] = ()
    details: tuple[tuple[str, str | int | None], ...] = ()


@dataclass
class Trace:
    """Gathers what a derivation looks at while it works; `result` seals it."""

    derivation: str
    pack: Pack
    tried: list[Verdict] = field(default_factory=list)
    inputs: set[InputRef] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)

    def look(self, *refs: InputRef) -> None:
        """Remember items that the result rests on."""
        self.inputs.update(refs)

    def try_rule(self, rule: str, holds: bool | None, *inputs: str) -> bool | None:
        """Remember the verdict on a rule of the pack and give it back. KeyError: no such rule."""
        self.tried.append(Verdict(rule, self.pack.rules[rule].text, holds, inputs))
        return holds

    def note(self, *codes: str) -> None:
        """Remember flags, each once."""
        self.notes.update(codes)

    def result(
        self,
        value: str | Decimal | date | None,
        status: Status,
        *,
        reason: str | None = None,
        rule: str | None = None,
    ) -> Result:
        """The result with everything remembered so far."""
        return Result(
            self.derivation,
            value,
            status,
            PackRef.of(self.pack),
            reason,
            rule,
            tuple(self.tried),
            tuple(sorted(self.inputs)),
            tuple(sorted(self.notes)),
        )


def explain(result: Result) -> str:
    """The derivation in words: value, rule, every rule tried, inputs, pack."""
    shown = "no value" if result.value is None else plain(result.value)
    why = f" ({result.reason})" if result.reason else ""
    lines = [f"{result.derivation}: {shown}. Status {_STATUS_WORDS[result.status]}{why}."]
    if result.rule:
        lines.append(f"Decided by rule {result.rule}.")
    if result.tried:
        lines.append("Rules tried:")
    for verdict in result.tried:
        seen = f" [{'; '.join(verdict.inputs)}]" if verdict.inputs else ""
        words = _VERDICT_WORDS[verdict.holds]
        lines.append(f"- {verdict.rule}: {verdict.text} This {words}.{seen}")
    if result.details:
        told = (f"{name} {value}" for name, value in result.details if value is not None)
        lines.append("In detail: " + ", ".join(told) + ".")
    if result.notes:
        lines.append("To note: " + ", ".join(result.notes) + ".")
    if result.inputs:
        refs = ", ".join(f"{ref.record} v{ref.version} {ref.item}" for ref in result.inputs)
        lines.append(f"Inputs: {refs}.")
    pack = result.pack
    lines.append(f"Rule pack {pack.id} {pack.version} (sha256 {pack.sha256[:12]}).")
    return "\n".join(lines)


def to_json(result: Result) -> dict[str, object]:
    """The result as JSON values; decimals and dates as text, keys always the same."""
    return {
        "derivation": result.derivation,
        "value": None if result.value is None else plain(result.value),
        "status": result.status,
        "reason": result.reason,
        "rule": result.rule,
        "tried": [
            {
                "rule": verdict.rule,
                "text": verdict.text,
                "holds": verdict.holds,
                "inputs": list(verdict.inputs),
            }
            for verdict in result.tried
        ],
        "inputs": [
            {"record": ref.record, "version": ref.version, "item": ref.item}
            for ref in result.inputs
        ],
        "pack": {
            "id": result.pack.id,
            "version": result.pack.version,
            "sha256": result.pack.sha256,
        },
        "notes": list(result.notes),
        "details": dict(result.details),
        "explanation": explain(result),
    }


def plain(value: str | Decimal | date) -> str:
    """A value as text: decimals without exponent, dates as ISO 8601."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value
