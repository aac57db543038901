"""Response and MRD of induction over full dates: each rests on others, and fails with them only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from services.assessments.domain.packs.attempt import attempt
from services.assessments.domain.packs.eot import end_of_treatment
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.mrd.primary import lowest_mrd, mrd_negativity
from services.assessments.domain.packs.remission import consensus_remission
from services.assessments.domain.packs.response.called import (
    chosen_first_response,
    chosen_response,
    investigator_first_response,
    investigator_response,
)
from services.assessments.domain.packs.response.computed import (
    computed_first_response,
    computed_responder,
    computed_response,
)
from services.assessments.domain.packs.result import Result
from shared.rules.model import Pack


@dataclass(frozen=True, slots=True)
class DiseasePacks:
    """The packs that tell the course of the disease."""

    eot: Pack
    response: Pack
    mrd: Pack
    relapse: Pack


class Induction:
    """The results of induction by name, each made once, when it is first asked for.

    A result whose code raises takes with it those that ask for it, and no other.
    """

    def __init__(self, facts: SubjectFacts, packs: DiseasePacks, as_of: date | None) -> None:
        self._facts, self._packs, self._as_of = facts, packs, as_of

    def results(self) -> dict[str, Result]:
        """Every result of induction."""
        facts, pack, mrd = self._facts, self._packs.response, self._packs.mrd
        relapse = self._packs.relapse
        makers = (
            ("response_computed", pack, lambda: self.computed),
            ("responder_computed", pack, lambda: computed_responder(facts, self.eot, pack)),
            ("first_response_computed", pack, lambda: self.computed_first),
            ("response_investigator", pack, lambda: self.called),
            ("first_response_investigator", pack, lambda: self.called_first),
            ("response", pack, lambda: self.response),
            ("first_response", pack, lambda: self.first_response),
            (
                "response_consensus",
                relapse,
                lambda: consensus_remission(facts, self.eot, pack, relapse),
            ),
            ("mrd_lowest", mrd, lambda: self.lowest),
            ("mrd_negativity_responders", mrd, lambda: self.negativity[0]),
            ("mrd_negativity_itt", mrd, lambda: self.negativity[1]),
        )
        return {name: attempt(name, by, make) for name, by, make in makers}

    @cached_property
    def eot(self) -> Result:
        """The end of treatment."""
        return end_of_treatment(self._facts, self._packs.eot, self._as_of)

    @cached_property
    def computed(self) -> Result:
        """The response by the facts."""
        return computed_response(self._facts, self.eot, self._packs.response)

    @cached_property
    def called(self) -> Result:
        """The response as the investigator called it."""
        return investigator_response(self._facts, self.eot, self._packs.response)

    @cached_property
    def computed_first(self) -> Result:
        """When the facts first make a response."""
        return computed_first_response(self._facts, self.eot, self._packs.response)

    @cached_property
    def called_first(self) -> Result:
        """When the investigator first called a response."""
        return investigator_first_response(self._facts, self.eot, self._packs.response)

    @cached_property
    def response(self) -> Result:
        """The response that counts."""
        return chosen_response(self.computed, self.called, self._packs.response)

    @cached_property
    def first_response(self) -> Result:
        """The first response that counts."""
        return chosen_first_response(self.computed_first, self.called_first, self._packs.response)

    @cached_property
    def lowest(self) -> Result:
        """The lowest MRD from first response to end of treatment."""
        return lowest_mrd(self._facts, self.first_response, self.eot, self._packs.mrd)

    @cached_property
    def negativity(self) -> tuple[Result, Result]:
        """MRD negativity among responders, and of everybody."""
        responders = self._packs.response.texts("responders")
        return mrd_negativity(self.lowest, self.response, responders, self._packs.mrd)


def disease_packs(packs: Mapping[str, Pack]) -> DiseasePacks:
    """The packs of the disease among `packs`. KeyError where one is missing."""
    return DiseasePacks(packs["eot"], packs["response"], packs["mrd"], packs["relapse"])
