"""When an authority would have called a case reportable, and for how long.

An episode begins with the information that makes a case reportable and ends with the information
that ends that. Information that makes another event or product reportable, and was not in a report
that was sent, begins a new one: an upgrade has a clock of its own. What comes before the report
joins the episode that runs, so that the earlier due date governs. A new one is for the news alone:
it ends with them, while the one before goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from services.safety.domain.facts import FATAL, Fact
from services.safety.domain.knowledge import Knowledge
from services.safety.domain.reports import Owing, Report
from services.safety.domain.rule_sets import RuleSet
from services.safety.domain.verdicts import Pair, Verdict, judge

Wanted = Callable[[Verdict], bool]


@dataclass(frozen=True)
class Step:
    """The case after the facts that were received at one instant."""

    facts: tuple[Fact, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def at(self) -> datetime:
        return self.facts[0].received_at

    def pairs(self, wanted: Wanted) -> dict[Pair, Verdict]:
        return {verdict.pair: verdict for verdict in self.verdicts if wanted(verdict)}


@dataclass
class Episode:
    """``began`` and ``ended`` are the facts that began and ended it; ``pairs`` those that made it
    reportable then, ``settled`` those of them that an earlier episode is for, ``verdicts`` those of
    its own pairs at its last step, ``spared`` whether at some step before a report of it none of
    them was certainly fatal."""

    began: Fact
    wanted: Wanted
    pairs: frozenset[Pair]
    settled: frozenset[Pair] = frozenset()
    verdicts: tuple[Verdict, ...] = ()
    ended: Fact | None = None
    spared: bool = False

    def own(self, pairs: Mapping[Pair, Verdict]) -> list[Verdict]:
        """Those of the pairs that it is for."""
        return [verdict for pair, verdict in pairs.items() if pair not in self.settled]

    @property
    def telling(self) -> Verdict:
        """The verdict to give as the reason: the one that rests least on what was not said."""
        return min(self.verdicts, key=lambda verdict: len(verdict.unsaid))

    @property
    def owing(self) -> Owing:
        """What a report of it must tell."""
        return Owing(self.began, self.began.received_at, self.pairs, self.wanted)

    @property
    def certain(self) -> bool:
        """Whether some pair is reportable by what was said, and not only by what was not."""
        return any(not verdict.unsaid for verdict in self.verdicts)


def steps(facts: Sequence[Fact], rules: RuleSet) -> tuple[Step, ...]:
    """The case at every instant at which something was received (``facts`` in that order)."""
    knowledge = Knowledge()
    found = []
    for _, together in groupby(facts, key=lambda fact: fact.received_at):
        arrived = tuple(together)
        knowledge.learn(arrived)
        found.append(Step(arrived, judge(knowledge, rules)))
    return tuple(found)


def last_verdicts(facts: Sequence[Fact], rules: RuleSet) -> tuple[Verdict, ...]:
    """How the case is classified after the last of its ``facts`` (in the order of receipt)."""
    knowledge = Knowledge()
    for _, together in groupby(facts, key=lambda fact: fact.received_at):
        knowledge.learn(together)
    return judge(knowledge, rules)


def episodes(
    walked: Iterable[Step],
    wanted: Wanted,
    reports: Sequence[Report],
    waivers: Sequence[Report] = (),
) -> tuple[Episode, ...]:
    """The episodes in which some pair is ``wanted``; ``reports``: first reports that the authority
    accepted. ``waivers`` of a first report are told as reports are: what comes after one was not
    waived by it."""
    return tuple(_episodes(walked, wanted, reports, waivers))


def _episodes(
    walked: Iterable[Step],
    wanted: Wanted,
    reports: Sequence[Report],
    waivers: Sequence[Report],
) -> Iterator[Episode]:
    running: list[Episode] = []
    before: dict[Pair, Verdict] = {}
    for step in walked:
        pairs = step.pairs(wanted)
        news = _news(pairs, before)
        _end(running, pairs, step)
        settled: frozenset[Pair] | None = None
        if pairs and not running:
            settled = frozenset()
        elif pairs and _is_upgrade(running[-1], step, news, [*reports, *waivers]):
            settled = frozenset(pairs) - frozenset(news)
        if settled is not None:
            running.append(Episode(_cause(step.facts), wanted, frozenset(pairs), settled))
            yield running[-1]
        if running:
            _follow(running[-1], pairs, step, reports)
        before = pairs


def _end(running: list[Episode], pairs: dict[Pair, Verdict], step: Step) -> None:
    """End what has no pair left, the newest first: what is left of the others goes on."""
    while running and not running[-1].own(pairs):
        running.pop().ended = _cause(step.facts)


def _follow(
    episode: Episode, pairs: dict[Pair, Verdict], step: Step, reports: Sequence[Report]
) -> None:
    own = episode.own(pairs)
    waits = not any(_is_before(report, episode, step) for report in reports)
    episode.verdicts = tuple(own)
    episode.spared = episode.spared or (waits and not any(verdict.fatal for verdict in own))


def _news(pairs: dict[Pair, Verdict], before: dict[Pair, Verdict]) -> list[Pair]:
    """Pairs that were not there before; naming the product of one that was is no news."""
    unnamed = {pair.event for pair in before if pair.product is None}
    return [pair for pair in pairs if pair not in before and pair.event not in unnamed]


def _is_upgrade(
    running: Episode, step: Step, news: Sequence[Pair], reports: Sequence[Report]
) -> bool:
    """Whether a report was made of the episode without the news: before they came, or before they
    were recorded."""
    made = [report for report in reports if running.began.received_at <= report.fixed_at]
    return any(
        report.fixed_at <= step.at or not report.tells(pair, running.wanted)
        for report in made
        for pair in news
    )


def _is_before(report: Report, running: Episode, step: Step) -> bool:
    return running.began.received_at <= report.fixed_at <= step.at


def _cause(facts: Sequence[Fact]) -> Fact:
    """Of facts that arrived together, the one to name: the most telling, then the first by id."""
    return min(facts, key=lambda fact: (_tells(fact), fact.fact_id.int))


def _tells(fact: Fact) -> int:
    if fact.kind == "receipt":
        return 0
    if fact.kind == "seriousness" and fact.value["criterion"] in FATAL and fact.value["held"]:
        return 1
    order = ("causality", "expectedness", "exemption", "anticipated", "serious", "seriousness")
    return 2 + order.index(fact.kind) if fact.kind in order else 9
