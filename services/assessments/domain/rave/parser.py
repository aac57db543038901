"""From XML to a document: tolerant of what real clients send, exact in what it means.

A strict schema would refuse them all: a document of rwslib 1.2.15 fails the XSD of ODM 1.3.2 on
RespectUniqueFileOID, the Medidata attributes, the order in AuditRecord, and mdsol:Query.
"""

from typing import Any

from services.assessments.domain.rave.document import (
    Document,
    Event,
    Form,
    Group,
    Item,
    Query,
    Source,
    Subject,
    Transaction,
)
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal
from services.assessments.domain.rave.xml import children, content_hash, local, mdsol, read

MAX_FILE_OID = 255
MAX_KEY = 100
MAX_NOTES = 100
_TRANSACTIONS = {one.value.casefold(): one for one in Transaction}
_YES_NO = {"yes": True, "no": False}
# Only layout, or said elsewhere; everything else that is left out is noted.
_QUIET = frozenset({"SiteRef", "AuditRecord", "Signature", "MeasurementUnitRef"})


def parse(raw: bytes) -> Document:
    """The document. Raises ``RaveRefusedError`` with all faults, and the FileOID if it has one."""
    root = read(raw)
    return _Parser().document(root)


class _Parser:
    def __init__(self) -> None:
        self._faults: list[Refusal] = []
        self._notes: list[str] = []
        self._sources: list[Source] = []

    def document(self, root: Any) -> Document:
        if local(root) != "ODM":
            raise RaveRefusedError([Refusal(Code.NOT_ODM, "/")])
        file_oid = self._file_oid(root, "FileOID")
        prior = self._file_oid(root, "PriorFileOID")
        subjects = []
        for name, child, at in children(root, "/ODM"):
            if name != "ClinicalData":
                self._note(at, "is not clinical data and was left out")
                continue
            subjects += self._clinical_data(child, at)
        if not subjects and not self._faults:
            self._fault(Code.NOT_ODM, "/ODM", "It names no subject.")
        if self._faults:
            raise RaveRefusedError(self._faults, file_oid)
        return Document(
            file_oid=file_oid,
            prior_file_oid=prior,
            originator=(root.get("Originator") or "")[:MAX_KEY],
            content_hash=content_hash(root),
            subjects=tuple(subjects),
            sources=tuple(self._sources),
            notes=tuple(self._notes),
        )

    def _file_oid(self, root: Any, name: str) -> str | None:
        found = root.get(name) or None
        if found is not None and (len(found) > MAX_FILE_OID or not found.isprintable()):
            self._fault(Code.ATTRIBUTE, "/ODM", f"{name} is 1 to {MAX_FILE_OID} printable signs.")
            return None
        return found

    def _clinical_data(self, element: Any, at: str) -> list[Subject]:
        study = self._key(element, at, "StudyOID")
        found = []
        for name, child, place in children(element, at):
            if name == "SubjectData":
                found.append(self._subject(child, place, study))
            else:
                self._note(place, "was left out")
        return found

    def _subject(self, element: Any, at: str, study: str) -> Subject:
        kind = (mdsol(element, "SubjectKeyType") or "SubjectName").casefold()
        transaction = self._transaction(element, at) or Transaction.UPSERT
        if kind not in {"subjectname", "subjectuuid"}:
            self._note(at, "has an unknown SubjectKeyType, which was read as SubjectName")
            # rwslib's documentation passes the transaction as the third argument, which is the
            # key's type; its own default (Update) is then no word of the caller's.
            if kind in _TRANSACTIONS and transaction is Transaction.UPDATE:
                transaction = Transaction.UPSERT
        site = None
        events = []
        for name, child, place in children(element, at):
            if name == "SiteRef":
                site = self._key(child, place, "LocationOID")
            elif name == "StudyEventData":
                events.append(self._event(child, place))
            else:
                self._aside(name, child, place)
        return Subject(
            at=at,
            study_oid=study,
            key=self._key(element, at, "SubjectKey"),
            by_uuid=kind == "subjectuuid",
            site=site,
            transaction=transaction,
            events=tuple(events),
        )

    def _event(self, element: Any, at: str) -> Event:
        forms = []
        for name, child, place in children(element, at):
            if name == "FormData":
                forms.append(self._form(child, place))
            else:
                self._aside(name, child, place)
        return Event(
            at,
            self._key(element, at, "StudyEventOID"),
            self._transaction(element, at),
            element.get("StudyEventRepeatKey"),
            tuple(forms),
        )

    def _form(self, element: Any, at: str) -> Form:
        groups = []
        for name, child, place in children(element, at):
            if name == "ItemGroupData":
                groups.append(self._group(child, place))
            else:
                self._aside(name, child, place)
        return Form(
            at,
            self._key(element, at, "FormOID"),
            self._transaction(element, at),
            element.get("FormRepeatKey"),
            tuple(groups),
        )

    def _group(self, element: Any, at: str) -> Group:
        submission = mdsol(element, "Submission") or "SpecifiedItemsOnly"
        if submission not in {"SpecifiedItemsOnly", "WholeItemGroup"}:
            self._fault(Code.ATTRIBUTE, at, "mdsol:Submission is unknown.")
        items = []
        for name, child, place in children(element, at):
            if name == "ItemData":
                items.append(self._item(child, place))
            elif name.startswith("ItemData"):
                self._fault(Code.NOT_ODM, place, "Typed item data are not taken.")
            else:
                self._aside(name, child, place)
        return Group(
            at,
            element.get("ItemGroupOID") or "",
            self._transaction(element, at),
            element.get("ItemGroupRepeatKey"),
            submission == "WholeItemGroup",
            tuple(items),
        )

    def _item(self, element: Any, at: str) -> Item:
        unit, reason, queries = None, None, []
        for name, child, place in children(element, at):
            if name == "MeasurementUnitRef":
                unit = self._key(child, place, "MeasurementUnitOID")
            elif name == "mdsol:Query":
                queries.append(self._query(child, place))
            else:
                source = self._aside(name, child, place)
                if source is not None and name == "AuditRecord":
                    reason = source.content.get("ReasonForChange") or None
        value = element.get("Value")
        is_null = self._yes_no(element, at, element.get("IsNull"), "IsNull") is True
        if is_null and value:
            self._fault(Code.ATTRIBUTE, at, "It has both a Value and IsNull.")
        return Item(
            at=at,
            oid=self._key(element, at, "ItemOID"),
            transaction=self._transaction(element, at),
            value=None if is_null else value,
            is_null=is_null or value == "",
            specify=mdsol(element, "SpecifyValue"),
            unit=unit,
            lock=self._yes_no(element, at, mdsol(element, "Lock"), "mdsol:Lock"),
            freeze=self._yes_no(element, at, mdsol(element, "Freeze"), "mdsol:Freeze"),
            verify=self._yes_no(element, at, mdsol(element, "Verify"), "mdsol:Verify"),
            reason=reason,
            queries=tuple(queries),
        )

    def _query(self, element: Any, at: str) -> Query:
        wanted = element.get("RequiresResponse")
        return Query(
            at=at,
            value=element.get("Value") or None,
            status=element.get("Status"),
            response=element.get("Response") or None,
            recipient=element.get("Recipient"),
            repeat_key=element.get("QueryRepeatKey"),
            preceding=element.get("PrecedingQueryRepeatKey"),
            requires_response=self._yes_no(element, at, wanted, "RequiresResponse"),
        )

    def _aside(self, name: str, element: Any, at: str) -> Source | None:
        """What stands beside the data: kept as source data, or noted as left out."""
        if name not in {"AuditRecord", "Signature", "mdsol:ProtocolDeviation"}:
            if name not in _QUIET:
                self._note(at, "was left out")
            return None
        content = {str(k).rpartition("}")[2]: str(v) for k, v in element.attrib.items()}
        for inner, child, _ in children(element, at):
            told = [str(v) for v in child.attrib.values()]
            content[inner] = (child.text or "").strip() or " ".join(told)
        source = Source(at, name.removeprefix("mdsol:"), content)
        self._sources.append(source)
        return source

    def _key(self, element: Any, at: str, name: str) -> str:
        found: str = (element.get(name) or "").strip()
        if not found or len(found) > MAX_KEY or not found.isprintable():
            self._fault(Code.ATTRIBUTE, at, f"{name} is 1 to {MAX_KEY} printable signs.")
        return found

    def _transaction(self, element: Any, at: str) -> Transaction | None:
        named = element.get("TransactionType")
        if named is None:
            return None
        found = _TRANSACTIONS.get(named.casefold())
        if found is None:
            self._fault(Code.ATTRIBUTE, at, "TransactionType is unknown.")
        return found

    def _yes_no(self, _element: Any, at: str, text: str | None, name: str) -> bool | None:
        if text is None:
            return None
        found = _YES_NO.get(text.casefold())
        if found is None:
            self._fault(Code.ATTRIBUTE, at, f"{name} is Yes or No.")
        return found

    def _fault(self, code: Code, at: str, detail: str = "") -> None:
        self._faults.append(Refusal(code, at, detail))

    def _note(self, at: str, words: str) -> None:
        if len(self._notes) < MAX_NOTES:
            self._notes.append(f"{at} {words}")
