"""Opinions on causality in the words of each authority: one fact, several vocabularies."""

from dataclasses import dataclass
from enum import StrEnum

from services.safety.e2b.model import Assessment
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.tables import load


class Party(StrEnum):
    """Whose opinion it is."""

    SPONSOR = "sponsor"
    INVESTIGATOR = "investigator"


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whether a party suspects the drug of the reaction."""

    party: Party
    suspected: bool


def assessment(opinion: Opinion, profile: Profile) -> Assessment:
    """The opinion as G.k.9.i.2.r of a message to that authority."""
    words = load("causality")[profile.value]
    result = "suspected" if opinion.suspected else "not_suspected"
    coded = words["coded"]
    return Assessment(
        g_k_9_i_2_r_1=words[opinion.party.value],
        g_k_9_i_2_r_2=None if coded else words["method"],
        g_k_9_i_2_r_3=None if coded else words[result],
        g_k_9_i_2_r_2_eu_1=words["method"] if coded else None,
        g_k_9_i_2_r_3_eu_1=words[result] if coded else None,
    )
