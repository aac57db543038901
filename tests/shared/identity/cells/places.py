"""What an id can name: something of the caller's site, of another site, of another study, and, in
ids of the same form, nothing."""

import uuid
from dataclasses import dataclass

Ids = dict[str, str]
STUDY, OTHER_STUDY = "NCT05748171", "NCT99999999"
OWN, ANOTHER, OF_ANOTHER_STUDY = "S01", "S02", "S03"


def nothing(like: Ids) -> Ids:
    """Ids of the same form that name nothing."""
    absent = dict(like)
    for name, value in like.items():
        if name in {"subject", "screened"}:
            absent[name] = value[:4] + "404"
        elif name == "case":
            absent[name] = value[:-4] + "9404"
        elif name == "sha256":
            absent[name] = "4" * 64
        elif name in {"list_id", "envelopes", "desk_query", "desk_message"}:
            absent[name] = value[:1] + "-404"
        elif name == "site":
            absent[name] = "S44"
        elif len(value) == len(str(uuid.UUID(int=0))) and value.count("-") == 4:
            absent[name] = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    return absent


@dataclass(frozen=True)
class Map:
    """Ids of what is whose. ``study`` and ``other_study`` hold what belongs to no site."""

    study: Ids
    own: Ids
    another: Ids
    other_study: Ids

    @property
    def here(self) -> Ids:
        return self.study | self.own

    @property
    def there(self) -> Ids:
        """The same study at another site."""
        return self.study | self.another

    @property
    def nowhere_there(self) -> Ids:
        return self.study | nothing(self.another)
