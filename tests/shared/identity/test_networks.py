"""Networks as they are configured, and which addresses lie in one: as Postgres' types say."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity.networks import address, holds, network
from tests.support.database import TestDatabase
from tests.support.examples import examples

MAPPED = [f"::ffff:{word}" for word in ("192.0.2.7", "c000:207")] + ["::FFFF:192.0.2.7"]


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:DB8:0::/48", "2001:db8::/48"),
        ("2001:db8::1", "2001:db8::1/128"),
    ],
)
def test_a_network_has_one_spelling(written: str, spelled: str) -> None:
    assert network(written) == spelled


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "*", "any", "localhost", "192.0.2", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/",
        "192.0.2.1/24", "192.0.02.0/24", "192.0.2.0/24 ", "192.0.2.0/24,10.0.0.0/8", "1.2.3.4.5",
        "3221225985", "0x7f.0.0.1", "\u0661.2.3.4", "2001:db8::/129", "2001:db8::1/64",
        "fe80::%eth0", "192.0.2.0/255.255.255.0", "0.0.0.0/0", "::/0",
        "::ffff:192.0.2.0/120", "::ffff:0:0/96",
    ],
)  # fmt: skip
def test_what_is_no_network_or_everywhere_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="network"):
        network(written)


@pytest.mark.parametrize("source", ["192.0.2.7", *MAPPED])
def test_an_ipv4_address_that_came_as_ipv6_is_ipv4(source: str) -> None:
    assert holds(["192.0.2.0/24"], source)
    assert not holds(["198.51.100.0/24", "2001:db8::/32"], source)


@pytest.mark.parametrize(
    "source", ["", "unknown", "testclient", "/run/socket", "192.0.2.7, 10.0.0.1", "192.0.2.7:80"]
)
def test_where_nobody_knows_is_in_no_network(source: str) -> None:
    assert address(source) is None
    assert not holds(["192.0.2.0/24"], source)
    assert holds([], source), "who is bound to none may come from anywhere"


_FOURS = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 32)).map(
    lambda made: str(ip_network((made[0], made[1]), strict=False))
)
_SIXES = st.tuples(st.integers(2**112, 2**128 - 1), st.integers(17, 128)).map(
    lambda made: str(ip_network((IPv6Address(made[0]), made[1]), strict=False))
)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[list[str], str]:
    """Networks, and an address that is mostly near one."""
    networks = draw(st.lists(_FOURS | _SIXES, min_size=1, max_size=4))
    near = ip_network(draw(st.sampled_from(networks)))
    number = int(near.network_address) + draw(st.integers(-1, near.num_addresses))
    kind = IPv4Address if near.version == 4 else IPv6Address
    return networks, str(kind(number % 2**near.max_prefixlen))


@pytest.mark.proves("C16", kind="oracle")
def test_an_address_lies_where_postgres_says_that_it_lies(database: TestDatabase) -> None:
    @examples(0.5)
    @given(st.lists(_cases(), min_size=1, max_size=20))
    def compared(cases: Sequence[tuple[list[str], str]]) -> None:
        for networks, source in cases:
            assert [network(each) for each in networks] == networks
            ((expected,),) = database.rows(
                "SELECT bool_or(CAST(%s AS inet) <<= n) FROM unnest(CAST(%s AS cidr[])) n",
                source,
                networks,
            )
            assert holds(networks, source) is expected

    compared()
