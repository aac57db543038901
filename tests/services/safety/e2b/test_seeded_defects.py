"""Defects that every schema lets pass, seeded into samples of the FDA, each caught by name."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from services.safety.e2b.rules.issues import Context, Profile
from services.safety.e2b.validation import SCHEMA, validate
from tests.services.safety.e2b.samples import needs_samples, sample, schemas

pytestmark = needs_samples
_NOBODY = "00000000-0000-4000-8000-000000000000"
_CONTEXT = Context(now=datetime(2026, 1, 1, tzinfo=UTC))
_ICH = '"2.16.840.1.113883.3.989.2.1.'


def _observation(code: int) -> str:
    return f'code="{code}" codeSystem={_ICH}1.19"'


def _without(text: str, start: str, opened: str, closed: str) -> str:
    """The text without the whole element that holds ``start``."""
    at = text.index(start)
    first, last = text.rindex(opened, 0, at), text.index(closed, at) + len(closed)
    return text[:first] + text[last:]


def _characteristic_gone(text: str) -> str:
    start = f'<code code="1" codeSystem={_ICH}1.23"'
    return _without(text, start, '<subjectOf2 typeCode="SUBJ">', "</subjectOf2>")


def _outcome_gone(text: str) -> str:
    return _without(text, _observation(27), "<outboundRelationship2", "</outboundRelationship2>")


def _death_gone(text: str) -> str:
    return _without(text, _observation(34), "<outboundRelationship2", "</outboundRelationship2>")


def _narrative_gone(text: str) -> str:
    first = text.index("<text>")
    return text[:first] + text[text.index("</text>") + len("</text>") :]


def _worldwide_id_gone(text: str) -> str:
    first = text.rindex("<id ", 0, text.index(f'root={_ICH}3.2"'))
    return text[:first] + text[text.index(">", first) + 1 :]


def _role_gone(text: str) -> str:
    return _without(text, _observation(20), '<component typeCode="COMP">', "</component>")


def _death_false(text: str) -> str:
    at = text.index('nullFlavor="NI"', text.index(_observation(34)))
    return text[:at] + 'value="false"' + text[at + len('nullFlavor="NI"') :]


_DEFECTS = {
    "no type of report": (_characteristic_gone, {"ICH.C.1.3.REQUIRED"}),
    "no seriousness": (_death_gone, {"ICH.E.i.3.2a.REQUIRED"}),
    "no outcome": (_outcome_gone, {"ICH.E.i.7.REQUIRED"}),
    "no narrative": (_narrative_gone, {"ICH.H.1.REQUIRED"}),
    "one case id gone": (_worldwide_id_gone, {"ICH.C.1.8.1.REQUIRED"}),
    "garbage MedDRA code": (
        lambda text: text.replace('code="10027940"', 'code="BANANA"'),
        {"ICH.E.i.2.1b.FORMAT"},
    ),
    "future creation time": (
        lambda text: text.replace('value="20220614101010-0500"', 'value="20990614101010-0500"'),
        {"ICH.N.1.5.FUTURE"},
    ),
    "unknown processing code": (
        lambda text: text.replace('<processingCode code="P"', '<processingCode code="Q"'),
        {"HL7.PROCESSING.CODE"},
    ),
    "death is false": (_death_false, {"ICH.E.i.3.2a.CODE"}),
    "creation time is a date": (
        lambda text: text.replace('value="20220614101010-0500"', 'value="20220614"', 1),
        {"ICH.N.1.5.PRECISION"},
    ),
    "two MedDRA versions": (
        lambda text: text.replace('codeSystemVersion="25.0"', 'codeSystemVersion="24.1"', 1),
        {"ICH.MEDDRA.UNIQUE"},
    ),
    "opinion on no reaction": (
        lambda text: _last(text, "154eb889-958b-45f2-a02f-42d4d6f4657f", _NOBODY),
        {"ICH.G.k.9.i.1.CROSS"},
    ),
    "opinion on no drug": (
        lambda text: _last(text, "59d6f5ce-3b3b-45c7-92dd-69e06730c2b7", _NOBODY),
        {"ICH.G.k.9.i.REFERENCE"},
    ),
    "drug without role": (_role_gone, {"ICH.G.k.1.REQUIRED"}),
    "a case id of 500 characters": (
        lambda text: text.replace(
            f'extension="US-APHARMA-8744554B" root={_ICH}3.1"',
            f'extension="US-APHARMA-{"9" * 500}" root={_ICH}3.1"',
        ),
        {"ICH.C.1.1.LENGTH"},
    ),
}  # fmt: skip


def _last(text: str, old: str, new: str) -> str:
    at = text.rindex(old)
    return text[:at] + new + text[at + len(old) :]


def _counted(text: str) -> Counter[str]:
    found = validate(text.encode(), Profile.FDA_IND, _CONTEXT, schemas())
    return Counter(issue.id for issue in found.issues)


@pytest.mark.proves("SAF-5", kind="negative")
@pytest.mark.parametrize("name", list(_DEFECTS))
def test_a_defect_that_the_schema_lets_pass_is_caught_by_exactly_its_rule(name: str) -> None:
    mutate, expected = _DEFECTS[name]
    clean = sample("FAERS2022Scenario3").decode()
    bad = mutate(clean)
    assert bad != clean
    found = _counted(bad)
    assert SCHEMA not in found
    assert set(found - _counted(clean)) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<acceptAckCode code="AL" />', ""),
        ('value xsi:type="BL" nullFlavor="NI"', 'value xsi:type="BL" nullFlavor="NOPE"'),
        ('<low value="20141010"', '<low value="in October"'),
        ('ITSVersion="XML_1.0"', ""),
        ("<statusCode", "<unknownElement/><statusCode"),
    ],
)
def test_what_the_schema_refuses_is_told_as_a_reject_of_the_schema(old: str, new: str) -> None:
    clean = sample("FAERS2022Scenario3").decode()
    bad = clean.replace(old, new, 1)
    if bad == clean:
        bad = clean.replace(old.replace(" />", "/>"), new, 1)
    assert bad != clean
    assert _counted(bad)[SCHEMA] >= 1
