"""What is sent to the analytics service and what it answers."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from shared.http.models import Instant, IsoDate, Model, Reason, StudyId
from shared.http.signatures import ElectronicSignature

RUN_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
ENDPOINT_PATTERN = r"^[A-Z][A-Z0-9]{0,7}$"
STATISTIC_PATTERN = r"^[a-z][a-z0-9_]{0,59}$"
FIGURE_PATTERN = r"^[A-Z][A-Z0-9]{0,7}(_[A-Z][A-Z0-9]{0,7})?\.svg$"

POPULATION_PATTERN = ENDPOINT_PATTERN
RESULT_PATTERN = r"^[0-9a-f]{32}$"
DATASET_PATTERN = r"^(ad[a-z]{1,6}\.(json|ndjson|xpt|csv)|define\.(xml|html))$"

REPORT_PATTERN = r"^(open|closed)\.(html|pdf)$"

State = Literal["pending", "running", "published", "failed"]
OutputClass = Literal["open", "closed"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class RunRequest(Model):
    """A run to be performed. Nothing dated after the cutoff counts in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cutoff": "2026-06-30"}]})

    cutoff: IsoDate | None = Field(
        default=None,
        description="Data cutoff; left out: today, at the site whose day is the latest",
    )
    as_of: Instant | None = Field(
        default=None,
        description="Compute from what was recorded by then, by the definition in force then."
        " Readers are not turned to such a run: they name it. Left out: everything recorded",
    )


class Run(Model):
    """A run and how far it has come."""

    run_id: str
    study: StudyId
    cutoff: IsoDate
    as_of: Instant | None = Field(description="The run knows what was recorded by then; null: all")
    nightly: bool = Field(description="True where the schedule asked for it")
    state: State
    requested_at: Instant
    started_at: Instant | None
    read_at: Instant | None = Field(
        description="When its snapshot was taken: a run `as_of` this instant reads the same"
    )
    finished_at: Instant | None
    definition_version: str | None
    inputs_hash: str | None = Field(
        description="SHA-256 of the data read, without what tells the arms"
    )
    code_version: str | None
    failure: str | None = Field(
        description="Kind of error of a failed run: data-refused, engines-disagree,"
        " counts-incomplete, plan-refused, artefacts-unavailable, database, superseded, internal"
    )


class Runs(Model):
    """Runs, the last asked for first."""

    items: list[Run]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class ProgressItem(Model):
    """A stage that a run has reached: reading, computing, keeping, published, failed."""

    stage: str
    reached_at: Instant
    words: str


class Progress(Model):
    """The log of a run, the first stage first; a run that was tried again begins again."""

    items: list[ProgressItem]


class Condition(Model):
    """Of a variable: it is the value, is one of them, or is a list of words that holds it."""

    variable: str
    comparator: Literal["EQ", "IN", "CONTAINS"]
    values: list[str]


class Selection(Model):
    """The records that a result rests on: those of the dataset that meet every condition."""

    dataset: str
    where: list[Condition]


class ResultItem(Model):
    """One statistic, with everything needed to know what it is.

    ``value`` is null exactly when ``status`` is not OK; ``reason`` then says why.
    """

    id: str = Field(description="The same in every run; its sources are read by it")
    endpoint: str
    population: str
    group: str | None
    contrast: str | None
    statistic: str
    category: str | None = Field(
        default=None, description="What of an endpoint with many parts is counted: `serious`"
    )
    subgroup: str | None = Field(
        default=None, description="The subgroup that a row is about; null for the whole population"
    )
    level: str | None = Field(
        default=None, description="The level of the subgroup; null where its levels are compared"
    )
    timepoint: float | None
    value: float | None
    lower: float | None
    upper: float | None
    status: Literal["OK", "NE", "FAILED"]
    reason: str | None
    method: str
    convention: dict[str, Any]
    unit: str
    n: int
    events: int
    cutoff: IsoDate
    inputs_hash: Sha256 = Field(description="SHA-256 of the counts the row was computed from")
    engine: str
    output_class: OutputClass
    warnings: list[str]
    rests_on: Selection | None = Field(
        default=None, description="Which records of which dataset it was computed from"
    )


class _Published(Model):
    run_id: str
    cutoff: IsoDate
    published_at: Instant
    stale: bool = Field(
        description="True where a later run failed, or these rows are not of the run that readers"
        " see now"
    )


class Results(_Published):
    """A page of rows, all of one run: pages that follow stay with it."""

    items: list[ResultItem]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class SourceRecord(Model):
    """The record of a form, and the version that gave the item its value."""

    form: str
    item: str
    visit: str
    repeat: int
    record: str
    version: int | None
    href: str = Field(description="The versions of the record, in the assessments service")


class SourceItem(Model):
    """A record of an analysis dataset that a result rests on.

    ``source`` is null where it rests on no record of a form, as at a horizon or for a failure.
    """

    subject: str
    site: str
    values: dict[str, Any] = Field(description="The record, by variable")
    source: SourceRecord | None
    allocation: str = Field(
        description="The subject's allocation, in the randomization service; of a subject that is"
        " not randomized the requests for one"
    )


class Sources(_Published):
    """A page of the records that a result rests on, all of its run.

    ``withheld`` names variables that choose the records and that an open dataset does not show, for
    they tell an arm or rest on what reveals it. Then there are no items.
    """

    result: ResultItem
    withheld: list[str]
    items: list[SourceItem]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class ArtefactItem(Model):
    """A published file. ``href`` is where it is read, null where no route serves it."""

    name: str
    output_class: OutputClass
    media_type: str
    size: int
    sha256: Sha256
    href: str | None


class Files(_Published):
    """The files of one kind that a run published."""

    items: list[ArtefactItem]


Decision = Literal["continue", "stop-for-benefit", "stop-otherwise"]


class LookRequest(Model):
    """An interim look that was held at the data of a published run."""

    run: str = Field(pattern=RUN_PATTERN, description="The run whose rows were looked at")
    held_on: IsoDate
    decision: Decision
    reason: Reason


class Look(Model):
    """An interim look at one comparison of arms."""

    number: int
    contrast: str
    endpoint: str
    run_id: str
    data_cutoff: IsoDate
    held_on: IsoDate
    information: int
    information_unit: str
    planned: int = Field(description="The information planned at the end")
    z: float | None = Field(description="One-sided; positive: the arm is better. Null: none")
    decision: Decision
    reason: str
    recorded_by: str
    recorded_at: Instant
    signature: ElectronicSignature | None = Field(
        description="Of all comparisons of the look; null: recorded before looks were signed"
    )
    holds: bool | None = Field(description="Whether the signature is of what stands here")


class Looks(Model):
    """Interim looks, in their order."""

    items: list[Look]


class Publication(_Published):
    """What readers see now. Closed files are named to those only who may read them."""

    study: StudyId
    definition_version: str | None
    inputs_hash: str | None
    code_version: str | None
    newer_run: Run | None = Field(description="The last run asked for since that is not published")
    manifest: dict[str, Any] = Field(
        description="The open manifest: conventions, assumed values, what is not computed, versions"
    )
    artefacts: list[ArtefactItem]
