"""Which record a form's data belong to: repeat keys, and lines found by their content."""

from collections.abc import Iterable, Mapping

from services.assessments.domain.history import History
from services.assessments.domain.rave.document import Event, Form, Group, Transaction
from services.assessments.domain.rave.oids import CONTEXT_KEY, repeat_number
from services.assessments.domain.rave.refusals import Code, refuse
from shared.study.forms import Form as FormDefinition


def is_context(group: Group) -> bool:
    """Whether the group names its line by content: ``@CONTEXT``."""
    return (group.repeat_key or "").upper() == CONTEXT_KEY


def keyed_repeat(definition: FormDefinition, event: Event, form: Form, group: Group | None) -> int:
    """The repeat that the keys of event, form and group name. Raises where they name none.

    Our records have one repeat: at most one of the three keys may be above 1.
    """
    own = None if group is None or is_context(group) else group.repeat_key
    keyed = ((event.at, event.repeat_key), (form.at, form.repeat_key), (form.at, own))
    above = []
    for at, key in keyed:
        number = repeat_number(key)
        if number is None:
            raise refuse(Code.REPEAT_KEY, at)
        if number > 1:
            above.append(number)
    if not above:
        return 1
    if len(above) > 1 or not definition.repeating:
        raise refuse(Code.REPEAT_KEY, group.at if group is not None else form.at)
    return above[0]


def line_by_content(
    group: Group,
    keys: Mapping[str, str],
    records: Iterable[History],
    taken: Iterable[int],
    doing: Transaction,
) -> int:
    """The repeat of the line whose values are ``keys``, or of a new line.

    ``records`` are those of the form at the visit, ``taken`` the repeats that the document already
    writes. Raises where a line must be there and is not.
    """
    known = sorted(records, key=lambda record: record.repeat)
    if keys:
        for record in known:
            values = record.items()
            if all(name in values and values[name].text == text for name, text in keys.items()):
                return record.repeat
    if doing not in {Transaction.INSERT, Transaction.UPSERT}:
        raise refuse(Code.MISSING if keys else Code.REPEAT_KEY, group.at)
    used = {record.repeat for record in known} | set(taken)
    return max(used, default=0) + 1
