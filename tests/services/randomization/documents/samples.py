"""Facts to render: a study as it might stand, and what a hostile or careless typist would enter."""

from dataclasses import replace
from datetime import UTC, datetime

from services.randomization.documents.facts import (
    AccrualTarget,
    Arm,
    AssumedValue,
    Cap,
    ConfirmationFacts,
    CountryCount,
    EnrolmentFacts,
    Factor,
    Level,
    ListState,
    MonthCount,
    RoleRights,
    Signature,
    SiteCount,
    SpecificationFacts,
    StratumCount,
)

SCRIPT = "<script>alert(1)</script>"
HEBREW = "בית חולים לילדים"
LONG = "Universitätsklinikum-" + "sehrlangesunteilbareswort" * 7

CONFIRMATION = ConfirmationFacts(
    study="NCT05748171",
    title="Inotuzumab ozogamicin against ALLR3 in children with relapsed B-cell leukaemia",
    mode="live",
    subject="S07-012",
    site="S07",
    site_name="Dětská nemocnice Žluťoučký kůň",
    country="CZ",
    time_zone="Europe/Prague",
    randomization_number="RB3K7QZ2MA",
    arm="INO",
    arm_name="Inotuzumab ozogamicin",
    stratum=(
        ("Age at randomization", "1 to under 10 years"),
        ("Time from first diagnosis to relapse", "Relapse at 24 months or later"),
    ),
    randomized_at=datetime(2026, 3, 2, 13, 5, 9, tzinfo=UTC),
    requested_by="investigator-s07",
    source="system",
    signature=Signature(
        name="Jana Nováková",
        role="Investigator",
        meaning="I confirm that the child is eligible and ask for its randomization",
        signed_at=datetime(2026, 3, 2, 13, 4, 41, tzinfo=UTC),
    ),
    list_id="LIST-2023-A",
    manifest_sha256="4f" * 32,
    definition_version="1.4.0",
    commitment="d0a17009656a597583ff9b86e9061a4dca55c08a4f3d668f9e2abb1f714a6f85",
)
BLINDED = replace(CONFIRMATION, arm="*", arm_name="")

_MONTHLY = (0, 1, 0, 2, 1, 3, 2, 0, 4, 3, 5, 2, 4, 3, 6, 4, 2, 5)


def _months() -> tuple[MonthCount, ...]:
    counts, cumulative = [], 0
    for index, randomized in enumerate(_MONTHLY):
        month = f"{2023 + (4 + index) // 12}-{(4 + index) % 12 + 1:02d}"
        cumulative += randomized
        if randomized:  # a month in which nothing happened is left out
            counts.append(MonthCount(month, randomized + index % 3, randomized, cumulative))
    return tuple(counts)


ENROLMENT = EnrolmentFacts(
    study="NCT05748171",
    title=CONFIRMATION.title,
    mode="live",
    as_of=datetime(2024, 10, 20, 9, 30, tzinfo=UTC),
    planned=100,
    target=AccrualTarget(starts="2023-05", months=36, subjects=100),
    months=_months(),
    sites=(
        SiteCount("S01", "Nemocnice Motol", "CZ", "open", 20, 16, 16),
        SiteCount("S02", "Νοσοκομείο Παίδων Αγία Σοφία", "GR", "open", 20, 17, None),
        SiteCount("S03", "Детская больница", "BG", "closed", 22, 14, 20),
    ),
    countries=(
        CountryCount("BG", 1, 22, 14, 30),
        CountryCount("CZ", 1, 20, 16, None),
        CountryCount("GR", 1, 20, 17, None),
    ),
    strata=(
        StratumCount("1 to under 10 years; relapse before 24 months", 21, 33),
        StratumCount("10 to under 18 years; relapse at 24 months or later", 26, None),
    ),
)

SPECIFICATION = SpecificationFacts(
    study="NCT05748171",
    title=CONFIRMATION.title,
    mode="live",
    state="open",
    as_of=datetime(2026, 3, 2, 13, 5, 9, tzinfo=UTC),
    definition_version="1.4.0",
    definition_sha256="ab" * 32,
    method=(
        "Permuted blocks within strata, in sizes that vary by chance and are not told.",
        "A stratum that is exhausted waits for an extension by the statistician.",
    ),
    arms=(Arm("INO", "Inotuzumab ozogamicin", 2), Arm("ALLR3", "ALLR3 chemotherapy", 1)),
    factors=(
        Factor(
            "age_group",
            "Age at randomization",
            (
                Level("lt10", "1 to under 10 years", "Age in completed years is less than 10"),
                Level("ge10", "10 to under 18 years", "Age in completed years is 10 or more"),
            ),
        ),
        Factor("cns", "CNS involvement", (Level("yes", "Yes", ""), Level("no", "No", ""))),
    ),
    caps=(
        Cap("study", "", 100, counts_in_error=True, alert_percents=(80, 100)),
        Cap("site", "", 20, counts_in_error=True, alert_percents=()),
    ),
    replacement="A subject who left is not replaced.",
    forced="At most 2 in the study, each by two persons.",
    downtime="6 sealed envelopes a stratum at each site.",
    roles=(
        RoleRights("investigator", ("request an allocation", "read allocations of own sites")),
        RoleRights("statistician", ("seal a list", "read the explanation of an allocation")),
    ),
    lists=(ListState("LIST-2023-A", "active", "01" * 32, "4f" * 32),),
    schema_version="0007",
    algorithm_version="induct-rand-v1",
    assumed=(
        AssumedValue(
            "randomization.scheme", '{"block_sizes":[73,86,99]}', "Multiples of seventy-three"
        ),
        AssumedValue("randomization.forced", '{"limit":2}', "Two leave room for an emergency"),
    ),
)
