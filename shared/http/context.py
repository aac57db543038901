"""What a service's app holds while it runs: settings, connections, keys. Made at first use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.database.access import Sightings
from shared.database.engine import Cooperative, Runner, cooperative_engine
from shared.http.denial_pace import DenialPace
from shared.http.problems import Problem
from shared.identity.signatures import SignatureVerifier
from shared.identity.tokens import KeySet, Verifier, fetch_jwks
from shared.settings import Settings


@dataclass(frozen=True)
class ServiceContext:
    """``sqlstates`` maps what the service's own database functions raise to problems."""

    settings: Settings
    runner: Runner
    verifier: Verifier
    signatures: SignatureVerifier
    sqlstates: Mapping[str, type[Problem]]
    sightings: Sightings = field(default_factory=Sightings)
    denials: DenialPace = field(default_factory=DenialPace)


def make_context(
    settings: Settings,
    sqlstates: Mapping[str, type[Problem]],
    *,
    runner: Runner | None = None,
    keys: KeySet | None = None,
) -> ServiceContext:
    """The context of a running service; ``runner`` and ``keys`` may be given by the host."""
    keys = keys or KeySet(fetch_jwks(settings.jwks_url))
    return ServiceContext(
        settings=settings,
        runner=runner
        or Cooperative(cooperative_engine(settings.database_url, pool_size=settings.pool_size)),
        verifier=Verifier(settings.issuer, settings.audience, keys),
        signatures=signature_verifier(settings, keys),
        sqlstates=sqlstates,
    )


def signature_verifier(settings: Settings, keys: KeySet) -> SignatureVerifier:
    """What verifies signatures, by the keys of their own issuer where that is another one; ``keys``
    are those of the bearer tokens' issuer."""
    if settings.signature_jwks_url:
        keys = KeySet(fetch_jwks(settings.signature_jwks_url))
    issuer = settings.signature_issuer or settings.issuer
    return SignatureVerifier(issuer, settings.audience, keys)
