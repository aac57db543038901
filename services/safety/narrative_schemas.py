"""Narratives: the draft that the template makes, and those that were signed."""

from typing import Annotated

from pydantic import Field

from shared.http.models import Model, Text
from shared.http.signatures import ElectronicSignature


class NarrativeSigning(Model):
    """``text`` is what is signed; the template's draft, word for word, where it is left out."""

    text: Annotated[Text | None, Field(description="The draft as changed by a person")] = None


class SignedNarrative(Model):
    """A narrative as it was signed, for the version of the case that it tells."""

    narrative_id: str
    version: int
    template: str
    template_version: str
    text: str
    signature: ElectronicSignature
    holds: Annotated[bool, Field(description="The signature fits the text as it is stored")]


class Narrative(Model):
    """The draft for the newest version, and every narrative that was signed."""

    template: str
    template_version: str
    draft: str
    signed: list[SignedNarrative]
