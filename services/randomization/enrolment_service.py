"""Progress of enrolment: as data, and as the facts of its page."""

from collections.abc import Mapping, Sequence

from services.randomization import list_repository, view_repository
from services.randomization.documents.facts import (
    AccrualTarget,
    CountryCount,
    EnrolmentFacts,
    MonthCount,
    SiteCount,
    StratumCount,
)
from services.randomization.domain import enrolment
from services.randomization.domain.enrolment import Randomized, Screened
from services.randomization.view_schemas import (
    CapUse,
    CountryEnrolment,
    Enrolment,
    MonthEnrolment,
    SiteEnrolment,
    StratumEnrolment,
    Target,
)
from shared.database.unit_of_work import UnitOfWork
from shared.identity.principal import EVERY
from shared.study.caps import Cap


def read_enrolment(work: UnitOfWork) -> Enrolment:
    """What the caller's sites have screened and randomized; the policies leave out the others.

    Who does not see all sites is told no number of the whole study: beside a part's count it would
    read as how far the study has come.
    """
    definition = work.definition()
    caps = definition.randomization.caps
    screened, randomized = view_repository.screened(work), view_repository.randomized(work)
    sites = _sites(work, caps, screened, randomized)
    whole = EVERY in work.principal.sites
    of_study = caps if whole else ()
    return Enrolment(
        study=work.study,
        as_of=work.now,
        covers="study" if whole else "your-sites",
        planned=definition.identity.planned_subjects if whole else None,
        screened=sum(one.subjects for one in screened),
        randomized=sum(one.subjects for one in randomized),
        in_error=sum(one.in_error for one in randomized),
        sites=sites,
        countries=_countries(sites, of_study, randomized),
        strata=_strata(definition.randomization.stratum_labels(), of_study, randomized),
        months=_months(work, screened, randomized, dict(_curve(work)) if whole else None),
        target=_target(work) if whole else None,
        caps=_cap_uses(of_study, randomized),
    )


def enrolment_facts(work: UnitOfWork) -> EnrolmentFacts:
    """The same, as the page shows it."""
    found = read_enrolment(work)
    target = found.target
    return EnrolmentFacts(
        study=found.study,
        title=work.definition().identity.title,
        mode=list_repository.study_mode(work)["mode"],
        as_of=found.as_of,
        planned=found.planned,
        target=None
        if target is None
        else AccrualTarget(target.starts_on, target.months, target.subjects),
        months=tuple(
            MonthCount(one.month, one.screened, one.randomized, one.cumulative)
            for one in found.months
        ),
        sites=tuple(SiteCount(**one.model_dump()) for one in found.sites),
        countries=tuple(CountryCount(**one.model_dump()) for one in found.countries),
        strata=tuple(StratumCount(one.stratum, one.randomized, one.cap) for one in found.strata),
    )


def _sites(
    work: UnitOfWork,
    caps: Sequence[Cap],
    screened: Sequence[Screened],
    randomized: Sequence[Randomized],
) -> list[SiteEnrolment]:
    entered = enrolment.by((one.site, one.subjects) for one in screened)
    allocated = enrolment.by((one.site, one.subjects) for one in randomized)
    return [
        SiteEnrolment(
            site=row["site_id"],
            name=row["name"],
            country=row["country"],
            state=row["state"],
            screened=entered[row["site_id"]],
            randomized=allocated[row["site_id"]],
            cap=enrolment.limit(caps, "site", row["site_id"]),
        )
        for row in view_repository.sites(work)
        if work.principal.may_see(row["site_id"])
    ]


def _countries(
    sites: Sequence[SiteEnrolment], caps: Sequence[Cap], randomized: Sequence[Randomized]
) -> list[CountryEnrolment]:
    entered = enrolment.by((site.country, site.screened) for site in sites)
    allocated = enrolment.by((one.country, one.subjects) for one in randomized)
    of_country = enrolment.by((site.country, 1) for site in sites)
    return [
        CountryEnrolment(
            country=country,
            sites=of_country[country],
            screened=entered[country],
            randomized=allocated[country],
            cap=enrolment.limit(caps, "country", country),
        )
        for country in sorted({*of_country, *allocated})
    ]


def _strata(
    labels: Sequence[str], caps: Sequence[Cap], randomized: Sequence[Randomized]
) -> list[StratumEnrolment]:
    """Every stratum of the definition in its order, then those that only earlier ones had."""
    allocated = enrolment.by((one.stratum, one.subjects) for one in randomized)
    return [
        StratumEnrolment(
            stratum=label,
            randomized=allocated[label],
            cap=enrolment.limit(caps, "stratum", label),
        )
        for label in (*labels, *sorted(allocated.keys() - set(labels)))
    ]


def _months(
    work: UnitOfWork,
    screened: Sequence[Screened],
    randomized: Sequence[Randomized],
    curve: Mapping[str, int] | None,
) -> list[MonthEnrolment]:
    return [
        MonthEnrolment(
            month=one.month,
            screened=one.screened,
            randomized=one.randomized,
            cumulative=one.cumulative,
            target=enrolment.target_by(one.month, curve) if curve else None,
        )
        for one in enrolment.months(screened, randomized, f"{work.now:%Y-%m}")
    ]


def _curve(work: UnitOfWork) -> Sequence[tuple[str, int]]:
    accrual = work.definition().randomization.accrual
    return () if accrual is None else accrual.curve()


def _target(work: UnitOfWork) -> Target | None:
    accrual = work.definition().randomization.accrual
    if accrual is None:
        return None
    return Target(subjects=accrual.subjects, starts_on=accrual.starts_on, months=accrual.months)


def _cap_uses(caps: Sequence[Cap], randomized: Sequence[Randomized]) -> list[CapUse]:
    return [
        CapUse(
            cap=use.cap.id,
            scope=use.cap.scope,
            group=use.group,
            limit=use.cap.limit,
            used=use.used,
        )
        for use in enrolment.cap_uses(caps, randomized)
    ]
