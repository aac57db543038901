"""What is sent to the randomization service about its lists, and what it answers."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from shared.http.models import Code, Instant, Model, Reason, SiteId, StudyId

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ListState = Literal["sealed", "active", "suspended", "closed", "revealed"]


class _Sealing(Model):
    list_id: Code
    purpose: Literal["central", "downtime"] = "central"
    site: Annotated[
        SiteId | None, Field(default=None, description="Site of a downtime list's envelopes")
    ]
    extends: Annotated[
        Code | None, Field(default=None, description="Active list that this one continues")
    ]


class GeneratedList(_Sealing):
    """A list that follows from the statistician's secret, which is not kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"method": "permuted_blocks", "list_id": "L1", "secret": "5f" * 32}]
        }
    )

    method: Literal["permuted_blocks", "minimisation", "biased_coin", "big_stick"]
    secret: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="32 random bytes as hexadecimal digits")
    ]


class UploadedListFile(_Sealing):
    """A list made by an independent statistician. Hash and rows are typed from another source than
    the file, so that a file which was cut or sorted on its way shows it."""

    method: Literal["uploaded_list"]
    csv: Annotated[
        str, Field(min_length=1, max_length=8_000_000, description="sequence, factors, arm")
    ]
    sha256: Sha256
    rows: Annotated[int, Field(ge=1, le=1_000_000)]


ListSealing = Annotated[GeneratedList | UploadedListFile, Field(discriminator="method")]


class ListActivation(Model):
    """The second person's word for what was sealed: read from the list's maker, not from here."""

    root: Sha256
    slots: Annotated[int, Field(ge=1, le=1_000_000)]


class ListChange(Model):
    """Suspend a list, put it back in force, or close it for good; with the reason."""

    state: Literal["active", "suspended", "closed"]
    reason: Reason


class RandomizationList(Model):
    """What may be known of a list: never its arms, blocks, or how much of it is left."""

    study: StudyId
    list_id: str
    purpose: Literal["central", "downtime"]
    site: SiteId | None
    extends: str | None
    method: str
    algorithm: str
    mode: Literal["live", "training"]
    state: ListState
    slots: int
    root: str
    sealed_sha256: str
    parameters_sha256: str
    key_name: str
    author: str
    approver: str | None
    sealed_at: Instant
    activated_at: Instant | None
    manifest_sha256: str | None


class Lists(Model):
    items: list[RandomizationList]


class SignedManifest(Model):
    """The published manifest with its Ed25519 signature over the canonical JSON."""

    manifest: dict[str, Any]
    signature: str
    public_key: str


class Envelope(Model):
    """One sealed envelope: opened by its code only, which lies elsewhere."""

    envelope: str
    stratum: str
    position: int
    sealed: str
    commitment: str


class EnvelopeCode(Model):
    envelope: str
    code: str


class Envelopes(Model):
    """Envelopes for the site, and codes for the help desk: two people, two places."""

    study: StudyId
    list_id: str
    site: SiteId
    manifest_sha256: str
    envelopes: list[Envelope]
    codes: list[EnvelopeCode]


class RevealedSlot(Model):
    label: str
    position: int
    content: str
    salt: str
    commitment: str


class RevealedAllocation(Model):
    randomization_number: str
    label: str
    position: int
    arm: str
    randomized_at: str
    link: str


class RevealedList(Model):
    """The whole list, opened. With the statistician's secret in it, anybody can make it again.

    ``secret`` is null here: the service never kept it. ``digest`` is over all else, and made anew
    when the secret is put in.
    """

    manifest: dict[str, Any]
    signature: str
    public_key: str
    parameters: dict[str, Any]
    parameters_salt: str
    secret: str | None
    slots: list[RevealedSlot]
    allocations: list[RevealedAllocation]
    digest: str
