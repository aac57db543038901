"""The scheme fits the arms and the factors; caps and envelopes fit the scheme."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from shared.study.arms import Arm
from shared.study.caps import Cap
from shared.study.draft import Draft
from shared.study.enrolment import Downtime
from shared.study.faults import Finding, Path
from shared.study.randomization import StratificationFactor
from shared.study.schemes import BiasedCoin, BigStick, Minimisation, PermutedBlocks, UploadedList
from shared.study.structure import did_you_mean

SCHEME: Path = ("randomization", "scheme")
UPLOAD_COLUMNS = frozenset({"sequence", "arm"})


def allocation_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of the scheme, of caps and of the envelopes for an outage."""
    arms = [arm for _, arm in draft.entries(("arms",), Arm)]
    written = draft.raw_at(("arms",))
    if isinstance(written, list) and arms and len(arms) == len(written):
        # An arm that cannot be read would leave the sum of the ratio unknown.
        for check in (_block_findings, _upload_findings, _minimisation_findings, _pair_findings):
            yield from check(draft, arms)
    factors = _factors(draft)
    if factors is not None:
        yield from _weight_findings(draft, factors)
        yield from _column_findings(draft, factors)
        for path, cap in draft.entries(("randomization", "caps"), Cap):
            yield from _target_findings(cap, (*path, "target"), factors)
    yield from _envelope_findings(draft)


def _factors(draft: Draft) -> dict[str, StratificationFactor] | None:
    """The factors in configured order; None where one of them cannot be read."""
    section = ("randomization", "strata")
    found = [factor for _, factor in draft.entries(section, StratificationFactor)]
    written = draft.raw_at(section)
    if len(found) != (len(written) if isinstance(written, list) else 0):
        return None
    return {factor.factor: factor for factor in found}


def _block_findings(draft: Draft, arms: Sequence[Arm]) -> Iterator[Finding]:
    scheme = draft.part(SCHEME, PermutedBlocks)
    total = sum(arm.ratio for arm in arms)
    for index, size in enumerate(scheme.block_sizes if scheme else ()):
        if size % total:
            yield Finding(
                (*SCHEME, "block_sizes", index),
                f"a block of {size} cannot hold the ratio: it is no multiple of {total}",
            )


def _upload_findings(draft: Draft, arms: Sequence[Arm]) -> Iterator[Finding]:
    scheme = draft.part(SCHEME, UploadedList)
    if scheme is None:
        return
    total, size = sum(arm.ratio for arm in arms), scheme.slots_per_stratum
    if size % total:
        words = f"{size} slots cannot hold the ratio: it is no multiple of {total}"
        yield Finding((*SCHEME, "slots_per_stratum"), words)
    codes = {arm.code for arm in arms}
    for code in scheme.longest_run:
        if code not in codes:
            words = f"{code} is not one of the arms{did_you_mean(code, codes)}"
            yield Finding((*SCHEME, "longest_run", code), words, at_key=True)


def _minimisation_findings(draft: Draft, arms: Sequence[Arm]) -> Iterator[Finding]:
    scheme = draft.part(SCHEME, Minimisation)
    if scheme is None:
        return
    total = sum(arm.ratio for arm in arms)
    shares = {f"{a.code}-{n}" for a in arms for n in range(1, a.ratio + 1) if a.ratio > 1}
    for code in sorted(shares & {arm.code for arm in arms}):
        words = f"minimisation counts {code} twice: an arm has the name of a share of another"
        yield Finding(("arms",), words)
    # All but one of the shares may be best together; less than that, and the worst is likeliest.
    least = Fraction(total - 1, total)
    if scheme.probability <= least:
        words = f"must lie strictly between {least} and 1, or balance would work backwards"
        yield Finding((*SCHEME, "probability"), words)


def _pair_findings(draft: Draft, arms: Sequence[Arm]) -> Iterator[Finding]:
    scheme = draft.part(SCHEME, BiasedCoin) or draft.part(SCHEME, BigStick)
    if scheme is not None and [arm.ratio for arm in arms] != [1, 1]:
        ratio = ":".join(str(arm.ratio) for arm in arms)
        words = f"{scheme.method} keeps no ratio but 1:1 of two arms; the arms stand {ratio}"
        yield Finding((*SCHEME, "method"), words)


def _weight_findings(
    draft: Draft, factors: Mapping[str, StratificationFactor]
) -> Iterator[Finding]:
    scheme = draft.part(SCHEME, Minimisation)
    if scheme is not None and not factors:
        yield Finding((*SCHEME, "method"), "minimisation needs a stratification factor")
    elif scheme is not None:
        for name in scheme.weights or ():
            if name not in factors:
                words = f"{name} is no stratification factor{did_you_mean(name, factors)}"
                yield Finding((*SCHEME, "weights", name), words, at_key=True)


def _column_findings(
    draft: Draft, factors: Mapping[str, StratificationFactor]
) -> Iterator[Finding]:
    """In the file of an uploaded list the factors stand beside columns of other names."""
    if draft.part(SCHEME, UploadedList) is not None:
        for name in UPLOAD_COLUMNS & factors.keys():
            words = f"{name} is a column of the uploaded list itself: name the factor otherwise"
            yield Finding(("randomization", "strata"), words)


def _target_findings(
    cap: Cap, path: Path, factors: Mapping[str, StratificationFactor]
) -> Iterator[Finding]:
    names = list(cap.levels)
    for name, level in cap.levels.items():
        if name not in factors:
            hint = did_you_mean(name, factors)
            yield Finding(path, f"{name} is no stratification factor{hint}")
        elif level not in factors[name].level_codes:
            hint = did_you_mean(level, factors[name].level_codes)
            yield Finding(path, f"{level} is no level of {name}{hint}")
    in_order = [name for name in factors if name in names]
    pairs = ";".join(f"{name}={level}" for name, level in cap.levels.items())
    if cap.scope == "stratum" and (
        pairs != (cap.target or "") or in_order != [name for name in names if name in factors]
    ):
        yield Finding(path, "factors stand once each, in their configured order")


def _envelope_findings(draft: Draft) -> Iterator[Finding]:
    path: Path = ("randomization", "downtime")
    downtime = draft.part(path, Downtime)
    if downtime is None or downtime.envelopes_per_stratum == 0:
        return
    scheme = draft.part(SCHEME, UploadedList) or draft.part(SCHEME, Minimisation)
    if scheme is not None:
        words = f"envelopes are generated by strata; {scheme.method} generates none"
        yield Finding((*path, "envelopes_per_stratum"), words)
