"""From which networks an account may call: CIDR, and whether an address lies in one of them.

21 CFR 11.10(h): a system that sends is known by its key and by where it is.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from shared.http.problems import Unauthenticated

MOST = 20
PATTERN = r"^[0-9A-Fa-f.:]{2,39}(/[0-9]{1,3})?$"
_FORM = re.compile(PATTERN, re.ASCII)


class FromElsewhere(Unauthenticated):
    """The account is bound to networks that the call did not come from: which nobody is told."""


def network(text: str) -> str:
    """The network in its one spelling; an address alone is a network of one.

    Raises ``ValueError``, in words for whoever configures it: for what is no network, for bits set
    behind the prefix, for all addresses, and for an IPv4 network written as IPv6, which no address
    would lie in because ``address`` writes them as IPv4.
    """
    try:
        # The pattern first: a scope, or a mask in the place of its length, is another spelling.
        found = ip_network(text if _FORM.fullmatch(text) else "")
    except ValueError:
        raise ValueError("a network is written as CIDR, such as 192.0.2.0/24") from None
    if found.prefixlen == 0:
        raise ValueError("a network is not all addresses")
    if found.version == 6 and found.network_address.ipv4_mapped is not None:
        raise ValueError("an IPv4 network is written as one")
    return str(found)


def address(text: str) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 one that came as IPv6 is IPv4. None where it is none."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return found if mapped is None else mapped


def holds(networks: Iterable[str], source: str) -> bool:
    """Whether a call may come from there: always where no network is named, and never from an
    address that nobody knows where one is."""
    bound = [ip_network(each) for each in networks]
    found = address(source)
    return not bound or (found is not None and any(found in each for each in bound))
