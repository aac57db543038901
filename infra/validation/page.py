"""The pack as one HTML file for a person: no script, nothing loaded from elsewhere."""

from collections.abc import Iterable, Sequence
from html import escape

from infra.validation.matrix import PROCEDURAL, PROVEN, UNPROVEN, Row
from infra.validation.requirements import Policy
from infra.validation.results import Results

CSS = """
:root { --ink: #16202a; --soft: #52606d; --rule: #d5dce3; --accent: #0b5c8a; }
body { margin: 0; background: #f4f6f8; color: var(--ink);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 1.4rem 2rem 3rem; background: #fff; }
h1 { font-size: 1.6rem; margin: .2rem 0; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-top: .6rem;
  border-top: 3px solid var(--accent); }
p, dt, .soft { color: var(--soft); margin: .15rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; margin: .8rem 0; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0;
  border-bottom: 1px solid var(--rule); }
thead th { color: var(--soft); font-size: .85rem; border-bottom: 2px solid var(--rule); }
tbody tr { break-inside: avoid; }
.id { font-weight: 650; white-space: nowrap; }
.text { width: 36%; }
ul { list-style: none; margin: 0; padding: 0; font-size: .82rem; }
li { margin: 0 0 .3rem; overflow-wrap: anywhere; }
.file { color: var(--soft); }
.mark { display: inline-block; border-radius: .25rem; padding: 0 .4rem; font-size: .78rem;
  font-weight: 600; border: 1px solid currentColor; white-space: nowrap; }
.proven, .passed { color: #17663a; } .procedural, .skipped { color: #6b5310; }
.unproven, .failed { color: #a3230f; }
.kind { color: var(--accent); border: 0; padding: 0 .3rem 0 0; }
.open { color: #6b5310; } .why { color: #a3230f; }
@media print { body, main { background: #fff; } main { padding: 0; } }
"""
_CLASS = {PROVEN: "proven", PROCEDURAL: "procedural", UNPROVEN: "unproven"}
# What an id begins with, and what such requirements are.
GROUPS = (
    ("C", "Regulations and guidance"),
    ("P", "Primary outcome of the registry record"),
    ("S", "Secondary outcomes of the registry record"),
    ("RND-", "Randomization"),
    ("ASM-", "Assessments"),
    ("SAF-", "Safety"),
    ("ANA-", "Analytics"),
    ("PLT-", "What all services stand on"),
)


def page(rows: Sequence[Row], policy: Policy, results: Results) -> str:
    """The whole document."""
    body = "".join(_group(title, [r for r in rows if _group_of(r) == title]) for _, title in GROUPS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Validation pack</title><style>{CSS}</style></head><body><main>"
        f"<h1>Validation pack</h1>{_head(rows, results)}{_legend(policy)}{_open(rows)}{body}"
        "</main></body></html>\n"
    )


def _group_of(row: Row) -> str:
    """The longest beginning wins: SAF-1 is no secondary outcome."""
    fitting = [g for g in GROUPS if row.requirement.id.startswith(g[0])]
    return max(fitting, key=lambda each: len(each[0]))[1]


def _head(rows: Sequence[Row], results: Results) -> str:
    counted = ", ".join(
        f"{sum(row.state == state for row in rows)} {state}"
        for state in (PROVEN, PROCEDURAL, UNPROVEN)
    )
    ran = sum(sum(ended.values()) for ended in results.outcomes.values())
    changed = " with changes that are not committed" if results.commit.dirty else ""
    facts = (
        ("Commit", results.commit.id + changed),
        ("Tests ended", results.finished_at),
        ("Requirements", f"{len(rows)}: {counted}"),
        ("Tests of that run", f"{ran} cases of {len(results.outcomes)} tests"),
        ("Versions", ", ".join(f"{name} {text}" for name, text in results.versions.items())),
    )
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    return f"<dl>{told}</dl>"


def _legend(policy: Policy) -> str:
    kinds = "".join(
        f"<dt>{escape(kind)}</dt><dd>{escape(text)}</dd>" for kind, text in policy.kinds.items()
    )
    risks = "; ".join(
        f"{risk}: " + " and ".join(needs) if needs else f"{risk}: {' or '.join(policy.any[risk])}"
        for risk, needs in policy.needs.items()
    )
    return (
        "<p>A requirement is proven where no test of it failed and those that passed are what its "
        f"risk asks for. Tests that each risk asks for: {escape(risks)}.</p><dl>{kinds}</dl>"
    )


def _open(rows: Iterable[Row]) -> str:
    told = [
        f'<li><span class="id">{escape(row.requirement.id)}</span> {escape(words)}</li>'
        for row in rows
        for words in (*row.why, *([row.requirement.open] if row.requirement.open else ()))
    ]
    return f"<h2>Not shown, and not done</h2><ul>{''.join(told)}</ul>" if told else ""


def _group(title: str, rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    heads = "".join(f'<th scope="col">{h}</th>' for h in ("Id", "Requirement", "State", "Tests"))
    return (
        f"<h2>{escape(title)}</h2><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(map(_row, rows))}</tbody></table>"
    )


def _row(row: Row) -> str:
    told = row.requirement
    notes = "".join(
        f'<p class="{name}">{escape(text)}</p>'
        for name, text in (
            ("soft", told.source),
            ("open", told.procedural and f"Procedural: {told.procedural}"),
            ("soft", told.software and f"Toward it: {told.software}"),
            ("open", told.open and f"Open: {told.open}"),
            ("why", "; ".join(row.why)),
        )
        if text
    )
    tests = "".join(_test(proof.test, proof.kind, outcome) for proof, outcome in row.tests)
    return (
        f'<tr id="{escape(told.id)}"><td class="id">{escape(told.id)}</td>'
        f'<td class="text"><strong>{escape(told.title)}.</strong> {escape(told.text)}{notes}</td>'
        f"<td>{_mark(row.state, _CLASS[row.state])}<p>{escape(told.risk)}</p></td>"
        f"<td><ul>{tests}</ul></td></tr>"
    )


def _test(test: str, kind: str, outcome: str) -> str:
    file, _, name = test.partition("::")
    words = name.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    style = outcome if outcome in {"passed", "failed", "skipped"} else "failed"
    return (
        f"<li>{_mark(kind, 'kind')}{escape(words)} {_mark(outcome, style)}"
        f'<br><span class="file">{escape(file)}</span></li>'
    )


def _mark(words: str, style: str) -> str:
    return f'<span class="mark {style}">{escape(words)}</span>'
