"""From ``MCCI_IN200100UV01`` back to the model. Imports lxml.

Reads what the path tables know, wherever their codes are; what stands elsewhere is not an E2B
element. Nothing is judged here.
"""

from dataclasses import replace
from typing import Any

from lxml import etree

from services.safety.e2b import matrix, results
from services.safety.e2b.codec import take
from services.safety.e2b.generate import BATCH_ROOT, MESSAGE
from services.safety.e2b.layout import REPORT, Part
from services.safety.e2b.model import Batch, Drug, Icsr, LabResult, Message
from services.safety.e2b.paths import parse as path
from services.safety.e2b.sections import section
from services.safety.e2b.tree import every, find, tag
from services.safety.e2b.values import NullFlavor, Stamp
from services.safety.e2b.wire import NotReadableError, WireFault, read, root_name

_EVENT = path("controlActProcess/subject/investigationEvent").steps
_ASSESSMENT = path("component/adverseEventAssessment").steps


def parse(raw: bytes) -> Batch:
    """The batch in a file. Raises ``NotReadableError``."""
    root = read(raw)
    if root_name(root) != BATCH_ROOT:
        raise NotReadableError(WireFault.WRONG_ROOT)
    return batch_of(root)


def batch_of(root: etree._Element) -> Batch:
    """The batch in a tree whose root has been looked at."""
    return Batch(
        n_1_1=_attribute(root, "name", "code"),
        n_1_2=_attribute(root, "id^i22", "extension"),
        n_1_3=_attribute(root, "sender/device/id^i13", "extension"),
        n_1_4=_attribute(root, "receiver/device/id^i14", "extension"),
        n_1_5=_time(root, "creationTime"),
        messages=tuple(_message(node) for node in root.iterchildren(tag(MESSAGE))),
    )


def loose_ends(root: etree._Element, batch: Batch) -> tuple[tuple[str, ...], ...]:
    """Per message, what roles and opinions point at as a drug, and no drug in it is.

    ``batch`` is what was read from the root; what points nowhere is not in it.
    """
    found = []
    for node, message in zip(root.iterchildren(tag(MESSAGE)), batch.messages, strict=True):
        assessment = find(node, _EVENT + _ASSESSMENT)
        drugs = {each.entity for each in message.report.g_k if each.entity}
        ends = () if assessment is None else matrix.dangling(assessment, drugs)
        found.append(tuple(ends))
    return tuple(found)


def _message(node: etree._Element) -> Message:
    event = find(node, _EVENT)
    report = Icsr() if event is None else _report(event)
    created = _time(node, "controlActProcess/effectiveTime")
    return Message(
        n_2_r_1=_attribute(node, "id^i1", "extension"),
        n_2_r_2=_attribute(node, "sender/device/id^i11", "extension"),
        n_2_r_3=_attribute(node, "receiver/device/id^i12", "extension"),
        n_2_r_4=_time(node, "creationTime"),
        processing_code=_attribute(node, "processingCode", "code"),
        report=replace(report, c_1=replace(report.c_1, c_1_2=created)),
    )


def _report(event: etree._Element) -> Icsr:
    fields: dict[str, Any] = {}
    drugs: list[tuple[Drug, etree._Element]] = []
    for part in REPORT:
        found = _part(event, part)
        if part.kind is Drug:
            drugs = found
        _hold(fields, part, [item for item, _ in found])
    report = Icsr(**fields)
    assessment = find(event, _ASSESSMENT)
    if assessment is None:
        return report
    reactions = tuple(each.entity for each in report.e_i)
    return replace(report, g_k=matrix.read(assessment, drugs, reactions))


def _part(parent: etree._Element, part: Part) -> list[tuple[Any, etree._Element]]:
    table = section(part.section)
    found = []
    for node in every(parent, table.lead + table.each):
        fields: dict[str, Any] = dict(take(node, table, part.kind))
        for name in part.late:
            fields.update(take(node, section(name), part.kind))
        for child in part.children:
            _hold(fields, child, [item for item, _ in _part(node, child)])
        if part.kind is LabResult:
            fields.update(results.read(node))
        if fields:
            found.append((part.kind(**fields), node))
    return found


def _hold(fields: dict[str, Any], part: Part, items: list[Any]) -> None:
    """Nothing that was found is nothing said: the class's own default stays."""
    if items:
        fields[part.field] = tuple(items) if part.many else items[0]


def _attribute(node: etree._Element, steps: str, name: str) -> str | None:
    found = find(node, path(steps).steps)
    return None if found is None else found.get(name)


def _time(node: etree._Element, steps: str) -> Stamp | NullFlavor | None:
    found = find(node, path(steps).steps)
    if found is None:
        return None
    value, null = found.get("value"), found.get("nullFlavor")
    if value is not None:
        return Stamp(value)
    return NullFlavor(null) if null in {one.value for one in NullFlavor} else None
