"""Who sends expedited reports, and to whom: what a safety report says of its sender."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.study.base import Model, Name, Sourced, Text

Line = Annotated[Text, Field(max_length=100)]
Ind = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class ReportSender(Model):
    """The sender as E2B(R3) names it in C.3. `kind` is the code of C.3.1 (1 = pharmaceutical
    company, 2 = regulatory authority, 3 = health professional)."""

    kind: Annotated[str, StringConstraints(pattern=r"^[1-7]$")]
    organisation: Line
    department: Line | None = None
    title: Line | None = None
    given_name: Line | None = None
    family_name: Line | None = None
    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    postcode: Line | None = None
    country: Country | None = None
    telephone: Line | None = None
    fax: Line | None = None
    email: Line | None = None


class Receiver(Sourced):
    """An authority that takes E2B(R3) messages: `authority` as in the rule sets, `profile` whose
    rules a message must keep, and the names in its envelope (N.1.3 and N.2.r.2, N.1.4, N.2.r.3)."""

    id: Name
    authority: Annotated[Text, Field(max_length=40)]
    profile: Literal["ich", "fda_ind", "eu_ctr"]
    sender: Line
    batch_receiver: Line
    message_receiver: Line


class Reporting(Sourced):
    """`organisation` is the middle part of a case's worldwide number (C.1.8.1), without a hyphen.
    `ind` is the number at the FDA, six digits as text; `cross_reported_inds` are other numbers
    there under which the same report is owed."""

    organisation: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,40}$")]
    sender: ReportSender
    receivers: Annotated[tuple[Receiver, ...], Field(min_length=1)]
    ind: Ind | None = None
    cross_reported_inds: tuple[Ind, ...] = ()
