"""Which addresses of a network may be connected to: those of the public internet, and others only where allowed.

What is checked is the address that is then connected to, at each connection: a name that resolves to something else a
moment later, or a redirect, gets nowhere else.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore

from ingestion.connectors import ConnectorError

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
"""As httpcore has it."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that is assigned of IPv6 for the public internet: https://www.iana.org/assignments/ipv6-address-space"""

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as networks without IPv4 write them (RFC 6052)."""

MOST_ADDRESSES = 4
"""Of one host that are tried for a connection."""


class AddressRefusedError(ConnectorError):
    """A host is at an address that may not be connected to."""


def is_public(address: str) -> bool:
    """Whether an IP address is one host's on the public internet: not private, shared, loopback, link-local,
    multicast, unspecified, reserved or for documentation, nor such an IPv4 address written as an IPv6 one."""
    try:
        parsed = ip_address(address)
    except (AddressValueError, ValueError):
        return False
    if isinstance(parsed, IPv6Address):
        inner = _ipv4_within(parsed)
        if inner is None:
            return parsed in _GLOBAL_UNICAST and parsed.is_global and not parsed.is_multicast
        parsed = inner
    return parsed.is_global and not parsed.is_multicast


def _ipv4_within(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def addresses_of(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a host, in the order in which the system prefers them; raises OSError where it has none.

    As the system reads it, so that `2130706433`, `0x7f.1` and `localhost` are what a connection would take them for.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to addresses of the public internet, and to others where `may_be_private` says so of the host."""

    def __init__(
        self,
        may_be_private: Callable[[str], bool],
        resolve: Callable[[str, int], Sequence[str]] | None = None,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._may_be_private = may_be_private
        self._resolve = resolve or addresses_of
        self._network = network or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the host's addresses that are allowed, each tried in turn.

        Raises AddressRefusedError where it has none, and httpcore.ConnectError where none answers.
        """
        last: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._allowed(host, port)[:MOST_ADDRESSES]:
            try:
                # The address, not the name, which would be resolved again; TLS and `Host` keep to the name.
                return self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SocketOption] | None = None
    ) -> httpcore.NetworkStream:
        raise AddressRefusedError(f"{path} is a socket of this machine, which no web site is at.")

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)

    def _allowed(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved ({error})") from error
        if self._may_be_private(host):
            return addresses
        allowed = [address for address in addresses if is_public(address)]
        if addresses and not allowed:
            raise AddressRefusedError(
                f"{host} is at {', '.join(addresses)}, which is no address of the public internet, and was not "
                f'connected to. If Lore is to read it, set allow_private = ["{host}"].'
            )
        return allowed
