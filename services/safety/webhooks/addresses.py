"""Where a message may go: public addresses only, so that no URL turns us on our own network.

The rules hold at registration and again at every attempt, on the very addresses that are connected
to: a name may resolve to something else the second time (DNS rebinding). OWASP ASVS 5.0.0 V1.3.6.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL = 2000
PORTS = frozenset({443, 8443})
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
LOCALHOST = "localhost"
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))

# Global by the IANA registries, and yet no place of a stranger's.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's host
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "64:ff9b::/96",  # NAT64, RFC 6052: holds an IPv4 address
        "64:ff9b:1::/48",  # NAT64, RFC 8215
        "2002::/16",  # 6to4: holds an IPv4 address
        "2001::/32",  # Teredo: holds an IPv4 address
        "::/96",  # IPv4-compatible, RFC 4291: holds an IPv4 address
        "::ffff:0:0/96",  # IPv4-mapped: holds an IPv4 address
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765: holds an IPv4 address
    )
)


class AddressRefused(ValueError):
    """A message may not go there. ``code`` is stable; the text never repeats the URL."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class Target:
    """A URL taken apart: ``path`` holds the query as well."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header of the name that was asked for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"


def read_url(url: str, *, sandbox: bool) -> Target:
    """Take a URL apart. Raises ``AddressRefused`` for what no resolution could make acceptable.

    In a ``sandbox`` http and any port are let through here: ``vet`` allows them for loopback only.
    """
    parts = _split(url)
    host = (parts.hostname or "").lower()
    if not _is_host(host, sandbox=sandbox):
        raise AddressRefused("host-malformed", "The host is no plain DNS name or IP address.")
    default = 80 if parts.scheme == "http" else 443
    port = default if parts.port is None else parts.port
    if not sandbox:
        _check_public_form(parts.scheme, port)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


def _split(url: str) -> SplitResult:
    # urlsplit drops tabs and line feeds without a word, and takes a backslash as it is.
    if len(url) > MAX_URL or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise AddressRefused("url-malformed", "A URL is at most 2000 printable ASCII characters.")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise AddressRefused("url-malformed", "This is no URL.") from None
    if parts.scheme not in {"https", "http"}:
        raise AddressRefused("scheme-refused", "Messages go by https.")
    if "@" in parts.netloc:
        raise AddressRefused("userinfo-refused", "A URL with a user name or password is not taken.")
    if "#" in url:
        raise AddressRefused("fragment-refused", "A URL with a fragment is not taken.")
    return parts


def _check_public_form(scheme: str, port: int) -> None:
    if scheme != "https":
        raise AddressRefused("scheme-refused", "Messages go by https.")
    if port not in PORTS:
        raise AddressRefused("port-refused", "Messages go to port 443 or 8443.")


def _is_host(host: str, *, sandbox: bool) -> bool:
    if literal(host) is not None or (sandbox and host == LOCALHOST):
        return True
    labels = host.split(".")
    # A name whose last label begins with a digit is an IPv4 address in one of its odd spellings
    # (2130706433, 0177.1, 0x7f.1); an xn-- label may look like another name.
    return (
        len(host) <= 253
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not any(label.startswith("xn--") for label in labels)
        and labels[-1][0].isalpha()
    )


def literal(host: str) -> Address | None:
    """The address where the host is written as one, in its only canonical spelling."""
    try:
        # A zone (fe80::1%eth0) names an interface of ours.
        return None if "%" in host else ipaddress.ip_address(host)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """True for addresses on the open internet, and for nothing that embeds another address."""
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not _within(address, _NOT_PUBLIC)
    )


def is_loopback(address: Address) -> bool:
    return _within(address, _LOOPBACK)


def _within(
    address: Address, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def vet(target: Target, resolved: Sequence[str], *, sandbox: bool) -> list[Address]:
    """The addresses that may be connected to: all that the name resolved to, or none of them.

    Raises ``AddressRefused`` where a single one is not public. In a ``sandbox`` a target whose
    addresses are all loopback ones is taken by http and at any port as well.
    """
    addresses = [literal(text) for text in resolved]
    found = [address for address in addresses if address is not None]
    if not found or len(found) != len(addresses):
        raise AddressRefused("host-unresolved", "The host does not resolve to an address.")
    if sandbox and all(is_loopback(address) for address in found):
        return found
    _check_public_form(target.scheme, target.port)
    if not all(is_public(address) for address in found):
        raise AddressRefused(
            "address-refused", "The host resolves to an address that is not public."
        )
    return found
