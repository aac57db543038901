"""From the model to ``MCCI_IN200100UV01``. Imports lxml.

Any draft can be written; whether it may be sent is for ``schema`` and ``rules`` to say. The same
batch gives the same bytes.
"""

from typing import Any

from lxml import etree

from services.safety.e2b import matrix, results
from services.safety.e2b.codec import fill
from services.safety.e2b.layout import REPORT, Part
from services.safety.e2b.model import Batch, Drug, Icsr, LabResult, Message
from services.safety.e2b.paths import parse, systems
from services.safety.e2b.sections import is_empty, section
from services.safety.e2b.tree import HL7, XSI, extend, make, obtain, order, tag
from services.safety.e2b.values import Date, NullFlavor
from services.safety.e2b.wire import to_bytes

BATCH_ROOT = "MCCI_IN200100UV01"
MESSAGE = "PORR_IN049016UV"


class NotWritableError(ValueError):
    """A value holds a character that XML 1.0 cannot hold."""


def generate(batch: Batch) -> bytes:
    """The file of a batch. Raises ``NotWritableError``."""
    try:
        root = _batch(batch)
    except ValueError as error:
        raise NotWritableError(str(error)) from None
    order(root)
    return to_bytes(root)


def _batch(batch: Batch) -> etree._Element:
    root = etree.Element(tag(BATCH_ROOT), nsmap={None: HL7, "xsi": XSI})
    root.set("ITSVersion", "XML_1.0")
    _identifier(root, "i22", batch.n_1_2)
    _time(root, "creationTime", batch.n_1_5)
    _code(root, "responseModeCode", "D")
    _interaction(root, BATCH_ROOT)
    name = make(root, "name")
    _set(name, "code", batch.n_1_1)
    name.set("codeSystem", systems()["1"])
    for message in batch.messages:
        _message(make(root, MESSAGE), message)
    _party(root, "receiver", "i14", batch.n_1_4)
    _party(root, "sender", "i13", batch.n_1_3)
    return root


def _message(node: etree._Element, message: Message) -> None:
    _identifier(node, "i1", message.n_2_r_1)
    _time(node, "creationTime", message.n_2_r_4)
    _interaction(node, MESSAGE)
    _set(make(node, "processingCode"), "code", message.processing_code)
    _code(node, "processingModeCode", "T")
    _code(node, "acceptAckCode", "AL")
    _party(node, "receiver", "i12", message.n_2_r_3)
    _party(node, "sender", "i11", message.n_2_r_2)
    process = make(node, "controlActProcess")
    _coded(process, "PORR_TE049016UV", "trigger")
    _time(process, "effectiveTime", message.report.c_1.c_1_2)
    _report(extend(process, parse("subject/investigationEvent").steps), message.report)


def _report(event: etree._Element, report: Icsr) -> None:
    # The schema wants one adverseEventAssessment, whether or not there is anything in it.
    obtain(event, parse("component/adverseEventAssessment/subject1/primaryRole/player1").steps)
    for part in REPORT:
        for item in _items(report, part):
            _part(event, part, item)
    _coded(event, "PAT_ADV_EVNT", "actcode")
    _code(event, "statusCode", "active")
    assessment = obtain(event, parse("component/adverseEventAssessment").steps)
    matrix.write_opinions(assessment, report.g_k)


def _part(parent: etree._Element, part: Part, item: Any) -> None:
    table = section(part.section)
    node = obtain(parent, table.lead)
    if table.each:
        node = extend(node, table.each)
    fill(node, table, item)
    for child in part.children:
        for each in _items(item, child):
            _part(node, child, each)
    for name in part.late:
        fill(node, section(name), item)
    if isinstance(item, LabResult):
        results.write(node, item)
    if isinstance(item, Drug):
        matrix.write_history(node, item)


def _items(item: Any, part: Part) -> list[Any]:
    held = getattr(item, part.field)
    if part.many:
        return [each for each in held if not is_empty(each)]
    return [] if held is None or is_empty(held) else [held]


def _identifier(node: etree._Element, root: str, extension: str | None) -> None:
    identifier = make(node, "id")
    _set(identifier, "extension", extension)
    identifier.set("root", systems()[root])


def _interaction(node: etree._Element, name: str) -> None:
    interaction = make(node, "interactionId")
    interaction.set("extension", name)
    interaction.set("root", systems()["interaction"])


def _party(node: etree._Element, role: str, root: str, name: str | None) -> None:
    _identifier(extend(node, parse(f"{role}/device").steps), root, name)


def _time(node: etree._Element, name: str, value: Date) -> None:
    if isinstance(value, NullFlavor):
        make(node, name).set("nullFlavor", value.value)
    elif value is not None:
        make(node, name).set("value", value.text)


def _code(node: etree._Element, name: str, code: str) -> None:
    make(node, name).set("code", code)


def _coded(node: etree._Element, code: str, system: str) -> None:
    child = make(node, "code")
    child.set("code", code)
    child.set("codeSystem", systems()[system])


def _set(element: etree._Element, attribute: str, value: str | None) -> None:
    if value is not None:
        element.set(attribute, value)
