"""What the notes of derivations ask of the site.

Many derivations may say the same of one thing: it is asked once. An incomplete date is asked about
at its item, whatever rests on it; anything else at the record that the derivation looked at last.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from services.assessments.domain.derived import Derived
from services.assessments.domain.derived_notes import (
    Note,
    notes,
    notes_of,
    notes_pack,
    rests_on,
)
from services.assessments.domain.history import History
from services.assessments.domain.packs.facts import FORMS
from services.assessments.domain.packs.reading import field_types
from services.assessments.domain.queries import Asked, Outcome, Question
from services.assessments.domain.subject_state import SubjectState
from services.assessments.domain.visibility import HIDDEN, SUBJECT
from shared.study import StudyDefinition
from shared.study.dates import PartialDate

INCOMPLETE = "query_partial_date"

Place = tuple[str | None, str | None, str]
"""Record, item and check id: where a query is asked, and why."""


def asks(
    definition: StudyDefinition,
    state: SubjectState,
    derived: Iterable[Derived],
    asked: Sequence[Asked],
    versions: Mapping[str, str],
) -> Outcome:
    """The queries to raise and to close, of all the derivations of a subject as they now stand.

    As for checks: one outstanding query at a time, none again where a person has let the same
    stand, and closed by itself only under the same version of the pack. ``versions`` are those of
    the packs in force.
    """
    wanted = dict(_wanted(definition, state, list(derived)))
    of: dict[str, list[Asked]] = {}
    for each in asked:
        of.setdefault(_key((each.record_id, each.item, each.check_id)), []).append(each)
    raised = [
        question for key, question in wanted.items() if not _answered(question, of.get(key, []))
    ]
    closed = [
        (each, None)
        for key, those in of.items()
        if key not in wanted
        for each in those
        if each.outstanding and each.check_version == versions.get(each.check_id.split("/")[0])
    ]
    return Outcome(tuple(raised), tuple(closed))


def _answered(question: Question, known: Iterable[Asked]) -> bool:
    return any(
        each.outstanding
        or (
            each.by_person
            and each.seen_values == question.seen_values
            and each.check_version == question.check_version
        )
        for each in known
    )


def _key(place: Place) -> str:
    """What makes two queries one: the item for those of an item, else what is asked."""
    record, item, check_id = place
    return check_id if item is None else f"{check_id} {record} {item}"


def _wanted(
    definition: StudyDefinition, state: SubjectState, derived: Sequence[Derived]
) -> Iterator[tuple[str, Question]]:
    noted: dict[str, list[tuple[Derived, Note]]] = {}
    undecided = []
    for each in derived:
        for note in notes_of(definition, each, "query_"):
            if note.code == INCOMPLETE:
                undecided.append(each)
            else:
                noted.setdefault(_check_id(each, note.code), []).append((each, note))
    for check_id, those in noted.items():
        # Who may see one of the derivations may know what it asks.
        those.sort(key=lambda pair: pair[0].arm_revealing)
        yield check_id, _question(definition, state, check_id, those)
    for history, item, by in _incomplete(state, undecided):
        question = _of_item(history, item, by)
        yield _key((question.record_id, question.item, str(question.check_id))), question


def _check_id(derived: Derived, code: str) -> str:
    """Pack and note, and what of the subject it is about: a sample, a visit."""
    _, colon, about = derived.name.partition(":")
    return f"{derived.pack.id}/{code}{colon}{about}"


def _question(
    definition: StudyDefinition,
    state: SubjectState,
    check_id: str,
    those: Sequence[tuple[Derived, Note]],
) -> Question:
    first, note = those[0]
    about = _about(state, first)
    return Question(
        record_id=None if about is None else about.record_id,
        form=None if about is None else about.form,
        item=None,
        origin="derivation",
        check_id=check_id,
        check_version=first.pack.version,
        severity="query",
        rests_on=rests_on(definition, first),
        seen_values=_seen([each for each, _ in those]),
        message=note.text,
        record_version=None if about is None else about.latest.number,
    )


def _about(state: SubjectState, derived: Derived) -> History | None:
    """The record to ask about: the one that the derivation is named after, or else of those that
    it rests on the last one."""
    ids = {record for _, record, _, _ in derived.trace["inputs"]}
    own = [each for each in state.histories if each.record_id in ids]
    named = derived.name.partition(":")[2]
    for each in own:
        if each.record_id == named:
            return each
    return max(
        own, key=lambda each: (str(each.latest.observed_on or ""), each.record_id), default=None
    )


def _seen(derived: Iterable[Derived]) -> str:
    """A hash of what the derivations looked at, free of record versions."""
    looked = [[*each.face, each.trace["tried"], each.trace["details"]] for each in derived]
    return sha256(json.dumps(looked, sort_keys=True).encode()).hexdigest()


def _incomplete(
    state: SubjectState, undecided: Sequence[Derived]
) -> Iterator[tuple[History, str, list[Derived]]]:
    """Each incomplete date that undecided derivations rest on, with those derivations."""
    by_place: dict[tuple[str, str], list[Derived]] = {}
    for each in undecided:
        for _, record, _, items in each.trace["inputs"]:
            for item in items:
                by_place.setdefault((record, item), []).append(each)
    known = {each.record_id: each for each in state.histories}
    for (record, item), by in sorted(by_place.items(), key=lambda place: place[0]):
        history = known.get(record)
        if history is not None and _is_partial(history, item):
            yield history, item, by


def _is_partial(history: History, item: str) -> bool:
    kept = history.items().get(item)
    dated = history.form in FORMS and field_types(FORMS[history.form]).get(item) is PartialDate
    text = None if kept is None else kept.read
    return dated and text is not None and PartialDate.parse(text).precision != "day"


def _of_item(history: History, item: str, by: Sequence[Derived]) -> Question:
    names = {SUBJECT, history.form, f"{history.form}.{item}"}
    if all(each.arm_revealing for each in by):
        names.add(HIDDEN)
    kept = history.items()[item]
    return Question(
        record_id=history.record_id,
        form=history.form,
        item=item,
        origin="derivation",
        check_id=f"{notes_pack().id}/{INCOMPLETE}",
        check_version=notes_pack().version,
        severity="query",
        rests_on=tuple(sorted(names)),
        seen_values=sha256(str(kept.read).encode()).hexdigest(),
        message=notes()[INCOMPLETE].text,
        record_version=history.latest.number,
    )
