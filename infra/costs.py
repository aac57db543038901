"""What a month on AWS costs, and how that comes: ``python -m infra.costs`` writes Markdown."""

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from infra.topology.loader import load_template

PROJECT = Path(__file__).resolve().parents[1]
PRICES = PROJECT / "infra" / "aws" / "costs.toml"
STACKS = PROJECT / "infra" / "aws" / "stacks"


@dataclass(frozen=True)
class Item:
    """One line of a bill: what, how much of it, at which price (USD)."""

    what: str
    factors: Sequence[float]
    unit: str
    usd: float

    @property
    def cost(self) -> float:
        return prod(self.factors) * self.usd


def counted() -> Mapping[str, int]:
    """What is counted in the templates instead of being written down twice."""
    kinds = [
        resource["Type"]
        for file in STACKS.glob("*.yaml")
        for resource in load_template(file)["Resources"].values()
    ]
    return {
        "alarms": kinds.count("AWS::CloudWatch::Alarm"),
        "signals": kinds.count("AWS::Logs::MetricFilter"),
    }


def items(month: str, told: Mapping[str, Any], numbers: Mapping[str, int]) -> Iterator[Item]:
    """The lines of a month (``idle`` or ``busy``)."""
    for line in told[month]:
        price = told["price"][line["price"]]
        factors = [float(numbers.get(f, f)) for f in line["times"]]
        yield Item(line["what"], factors, price["unit"], price["usd"])


def page() -> str:
    """Both months as Markdown, with the date of the prices."""
    told = tomllib.loads(PRICES.read_text(encoding="utf-8"))
    lines = [f"Prices of {told['as_of']}, {told['region']}. {told['note']}", ""]
    total = 0.0
    for month, title in (("idle", "An idle month"), ("busy", "What a busy month adds")):
        found = list(items(month, told, counted()))
        lines += [f"| {title} | | USD |", "|---|---|---:|"]
        lines += [f"| {i.what} | {_sum(i)} | {i.cost:.2f} |" for i in found]
        here = sum(i.cost for i in found)
        total += here
        lines += [f"| **Together** | | **{here:.2f}** |", ""]
    lines.append(f"A busy month in all: **{total:.2f} USD**.")
    return "\n".join(lines)


def _sum(item: Item) -> str:
    factors = " \N{MULTIPLICATION SIGN} ".join(f"{f:.10g}" for f in item.factors)
    price = f"{item.usd:.10f}".rstrip("0").rstrip(".")
    return f"{factors} \N{MULTIPLICATION SIGN} {price} per {item.unit}"


def main() -> int:
    sys.stdout.write(page() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
