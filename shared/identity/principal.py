"""Who is asking, as the verified token says."""

from dataclasses import dataclass, field

EVERY = "*"


@dataclass(frozen=True)
class Principal:
    """A person or system with one role in some studies at some sites.

    ``studies`` and ``sites`` hold codes, or the single entry ``*`` for all. ``scopes`` are the
    OAuth2 scopes granted with the token. ``token_began`` and ``token_ends`` are seconds since 1970;
    None: not said, or there is no token.
    """

    subject: str
    role: str
    studies: frozenset[str]
    sites: frozenset[str]
    scopes: frozenset[str]
    token_began: int | None = field(default=None, compare=False)
    token_ends: int | None = field(default=None, compare=False)

    def may_enter(self, study: str) -> bool:
        return EVERY in self.studies or study in self.studies

    def may_see(self, site: str) -> bool:
        return EVERY in self.sites or site in self.sites

    def sites_setting(self) -> str:
        """The sites as the row-level policies read them."""
        return EVERY if EVERY in self.sites else ",".join(sorted(self.sites))


def system(name: str, study: str) -> Principal:
    """The principal of a consumer or a schedule, working inside one study."""
    return Principal(
        f"system:{name}", "system", frozenset({study}), frozenset({EVERY}), frozenset()
    )
