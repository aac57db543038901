"""Studies, versions, subjects, sites and users, as the client's request classes read them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.assessments.domain.rave.markup import tag
from services.assessments.domain.rave.oids import number_of, outbound, study_name, subject_uuid


@dataclass(frozen=True)
class StudyFacts:
    """A study as it is addressed; ``mode`` is live or training, ``versions`` in their order."""

    study: str
    mode: str
    title: str
    versions: tuple[str, ...]

    @property
    def oid(self) -> str:
        return outbound(self.study, self.mode)

    def version_oid(self, version: str) -> str:
        """The number of a definition version: the client reads an integer."""
        return str(self.versions.index(version) + 1) if version in self.versions else "1"


@dataclass(frozen=True)
class SubjectFacts:
    """A subject of a list. ``flags`` are status flags by Rave's names, where they were asked."""

    subject: str
    site: str
    state: str
    flags: Mapping[str, bool]
    link: str | None


def studies(facts: StudyFacts) -> Iterator[str]:
    """The one study that a credential is for."""
    yield tag("Study", {"OID": facts.oid}, _variables(facts))


def project(facts: StudyFacts) -> Iterator[str]:
    """The study as a project, without an environment, as the metadata addresses name it."""
    yield tag("Study", {"OID": facts.study}, _variables(facts, project=True))


def versions(facts: StudyFacts) -> Iterator[str]:
    """Every definition that was ever in force, the newest first."""
    told = [
        tag("MetaDataVersion", {"OID": str(number), "Name": version})
        for number, version in enumerate(facts.versions, start=1)
    ]
    variables = _variables(facts, project=True)
    yield tag("Study", {"OID": facts.study}, variables, *reversed(told))


def _variables(facts: StudyFacts, *, project: bool = False) -> str:
    name = facts.study if project else study_name(facts.study, facts.mode)
    return global_variables(name, facts.title, facts.study)


def global_variables(name: str, description: str, protocol: str) -> str:
    return tag(
        "GlobalVariables",
        {},
        _text("StudyName", name),
        _text("StudyDescription", description),
        _text("ProtocolName", protocol),
    )


def _text(name: str, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{escaped}</{name}>"


def subjects(
    facts: StudyFacts, rows: Iterable[SubjectFacts], *, by_uuid: bool, status: bool
) -> Iterator[str]:
    """One ClinicalData a subject, with SubjectData and SiteRef, both of which the client needs."""
    for row in rows:
        told = {"SubjectKey": row.subject}
        if by_uuid:
            told = {
                "SubjectKey": subject_uuid(facts.study, row.subject),
                "mdsol:SubjectKeyType": "SubjectUUID",
                "mdsol:SubjectName": row.subject,
            }
        if status:
            told |= {f"mdsol:{k}": "Yes" if v else "No" for k, v in row.flags.items()}
        if row.state == "withdrawn":
            told["mdsol:SubjectActive"] = "No"
        inner = [tag("SiteRef", {"LocationOID": row.site})]
        if row.link is not None:
            inner.append(tag("mdsol:Link", {"xlink:type": "simple", "xlink:href": row.link}))
        yield clinical_data(facts, facts.versions[-1], tag("SubjectData", told, *inner))


def clinical_data(facts: StudyFacts, version: str, *inner: str, subcategory: str = "") -> str:
    values = {
        "StudyOID": facts.oid,
        "MetaDataVersionOID": facts.version_oid(version),
        "mdsol:AuditSubCategoryName": subcategory or None,
    }
    return tag("ClinicalData", values, *inner)


@dataclass(frozen=True)
class SiteFacts:
    site: str
    country: str
    state: str


def sites(facts: StudyFacts, rows: Iterable[SiteFacts]) -> Iterator[str]:
    """The sites within the credential's reach; all are on the definition in force."""
    newest = facts.version_oid(facts.versions[-1])
    reference = {"StudyOID": facts.oid, "MetaDataVersionOID": newest, "EffectiveDate": "1900-01-01"}
    told = [
        tag(
            "Location",
            {
                "OID": row.site,
                "Name": row.site,
                "LocationType": "Site",
                "mdsol:SiteActive": "Yes" if row.state == "open" else "No",
            },
            tag("MetaDataVersionRef", reference),
        )
        for row in rows
    ]
    yield tag("AdminData", {"StudyOID": facts.oid}, *told)


@dataclass(frozen=True)
class UserFacts:
    """Somebody who entered data: the account, its roles and the sites of what it entered."""

    user: str
    sites: tuple[str, ...]


def users(facts: StudyFacts, rows: Iterable[UserFacts]) -> Iterator[str]:
    """The accounts that the audit trail names. Names of persons are not kept here."""
    told = [
        tag(
            "User",
            {"OID": row.user, "mdsol:UserNumber": str(number_of(row.user))},
            _text("LoginName", row.user),
            *(tag("LocationRef", {"LocationOID": site}) for site in row.sites),
        )
        for row in rows
    ]
    yield tag("AdminData", {"StudyOID": facts.oid}, *told)
