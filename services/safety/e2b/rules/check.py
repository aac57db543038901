"""All rules of a profile over a batch, in a stable order."""

from collections.abc import Iterator
from functools import cache

from services.safety.e2b.model import Batch
from services.safety.e2b.rules import conditions, everywhere, fda_content, walk
from services.safety.e2b.rules.dictionary import regional
from services.safety.e2b.rules.eu import EU
from services.safety.e2b.rules.fda import FDA
from services.safety.e2b.rules.ich import ICH
from services.safety.e2b.rules.issues import (
    Context,
    Issue,
    Profile,
    Rule,
    Scene,
    Severity,
)
from services.safety.e2b.rules.own import OWN
from services.safety.e2b.rules.own_content import CONTENT
from services.safety.e2b.rules.own_contents import CONTENTS
from services.safety.e2b.rules.own_drugs import DRUGS
from services.safety.e2b.rules.own_kin import KIN
from services.safety.e2b.rules.registry import sheets
from services.safety.e2b.tables import load

# In words of our own, by kind of rule.
_WORDS = {
    "REQUIRED": "is missing",
    "LENGTH": "is longer than it may be",
    "CODE": "is none of the values that it may have",
    "FORMAT": "is not written as it must be",
    "NULLFLAVOR": "is missing for a reason that this element cannot have",
    "PRECISION": "is not exact enough",
    "FUTURE": "lies in the future",
    "TERM": "is no current term of the loaded MedDRA version",
    "CROSS": "is owed because of what stands beside it",
}


def check(batch: Batch, profile: Profile, context: Context) -> tuple[Issue, ...]:
    """Every issue, each place once per rule. No reject among them: the batch may be sent."""
    found = [_as_the_fda(issue, profile) for issue in _of_places(walk.batch_place(batch), context)]
    for number, message in enumerate(batch.messages, start=1):
        scene = Scene(batch, message, f"N.2.r[{number}]", context)
        found += _of_message(scene, profile)
    return tuple(sorted(found, key=lambda issue: (issue.path, issue.id)))


def blocking(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Those that block a hand-off."""
    return tuple(issue for issue in issues if issue.severity is Severity.REJECT)


@cache
def rules_of(profile: Profile) -> dict[str, Rule]:
    """The functions that a profile runs, by id. Where the FDA restates, its own rule runs."""
    functions: dict[str, Rule] = {}
    for each in (ICH, OWN, CONTENT, CONTENTS, DRUGS, KIN):
        functions |= each.functions
    if profile is Profile.FDA_IND:
        same = {sheet.fda for sheet in sheets().values() if sheet.fda is not None}
        replaced = same & FDA.functions.keys()
        kept = {name: one for name, one in functions.items() if sheets()[name].fda not in replaced}
        return {**kept, **FDA.functions}
    return {**functions, **EU.functions} if profile is Profile.EU_CTR else functions


def _of_message(scene: Scene, profile: Profile) -> Iterator[Issue]:
    for place in walk.places(scene.message, scene.at):
        for issue in _of_places(place, scene.context):
            yield _as_the_fda(issue, profile)
        yield from _conditions(place, profile)
    for name, rule in rules_of(profile).items():
        sheet = sheets()[name]
        shown = sheet.fda if profile is Profile.FDA_IND and sheet.fda else name
        for finding in rule(scene):
            yield _issue(shown, sheet.severity, sheet.element, finding.path, sheet.text)
    if profile is Profile.FDA_IND:
        for path, element in fda_content.missing(scene):
            name = regional_id(element, "REQUIRED")
            text = f"{element} {_WORDS['REQUIRED']}"
            yield _issue(name, Severity.REJECT, element, path, text)


def _of_places(place: walk.Place, context: Context) -> Iterator[Issue]:
    for element, kind in everywhere.faults(place, context):
        name = f"ICH.{element.id}.{kind}"
        if element.id in regional():
            name = regional_id(element.id, kind)
        text = f"{element.id} {_WORDS[kind]}"
        yield _issue(name, Severity.REJECT, element.id, place.path, text)


def _conditions(place: walk.Place, profile: Profile) -> Iterator[Issue]:
    for row in conditions.unmet(place):
        if row.fda_only and profile is not Profile.FDA_IND:
            continue
        name = row.fda if profile is Profile.FDA_IND and row.fda else row.id
        text = f"{row.element} {_WORDS['CROSS']}"
        yield _issue(name, Severity.REJECT, row.element, place.path, text)


def regional_id(element: str, kind: str) -> str:
    """The id of an FDA rule that its table leaves without one."""
    return f"{element}.{kind}" if element.startswith("FDA.") else f"FDA.{element}.{kind}"


def _as_the_fda(issue: Issue, profile: Profile) -> Issue:
    same: dict[str, str] = load("fda_same")["same"]
    if profile is Profile.FDA_IND and issue.id in same:
        return Issue(
            same[issue.id], issue.severity, issue.element, issue.path, issue.section, issue.text
        )
    return issue


def _issue(name: str, severity: Severity, element: str, path: str, text: str) -> Issue:
    section = path.rsplit("/", 1)[-1].partition("[")[0]
    return Issue(name, severity, element, path, section, text)
