"""Where a web source never gets: this machine and the networks around it, by whatever way it is sent there."""

import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
import pytest
from starlette.applications import Starlette

from ingestion.connectors import ConnectorError
from ingestion.connectors.web import WebConnector
from ingestion.connectors.web_addresses import AddressRefusedError, CheckedNetwork, addresses_of, is_public
from ingestion.connectors.web_transport import CheckedTransport
from tests.ingestion.connectors.web_site import Site

Serve = Callable[[Starlette], str]


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::6810:84e5", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    """0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1
    192.0.2.1 192.168.1.1 198.18.0.1 203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1
    ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 fc00::1 fd12::1 fe80::1 fe80::1%lo fec0::1 ff02::1 2001:db8::1
    2001::1 2002:7f00:1:: 2002:a00:1:: 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 localhost 2130706433
    """.split(),
)
def test_addresses_of_no_one_host_on_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def address(site: Site, serve: Serve) -> str:
    """Of a site on this machine, whose pages nobody is meant to read."""
    site.page("/", "<p>Secret.</p>")
    site.page("/secret", "<p>Secret.</p>")
    return serve(site.app)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to, besides those that the system knows."""
    known: dict[str, list[str]] = {}
    monkeypatch.setattr(
        "ingestion.connectors.web_addresses.addresses_of",
        lambda host, port: known[host] if host in known else addresses_of(host, port),
    )
    return known


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0.0.0.0",
     "intranet.example", "both.example."],
)  # fmt: skip
def test_this_machine_is_not_read_by_whatever_name(
    site: Site, address: str, host: str, names: dict[str, list[str]], tmp_path: Path
) -> None:
    names |= {"intranet.example": ["127.0.0.1"], "both.example": ["::1", "10.0.0.1"]}
    connector = WebConnector(tmp_path, urls=f"http://{host}:{urlsplit(address).port}/", seconds_between_requests=0)
    with pytest.raises(ConnectorError, match="is no address of the public internet, and was not connected to"):
        list(connector.list())
    assert site.asked == []


TARGETS = (
    "http://127.0.0.1:{port}/secret",
    "http://[::ffff:127.0.0.1]:{port}/secret",
    "http://2130706433:{port}/secret",
    "http://localhost:{port}/secret",
    "//inside.example:{port}/secret",
    "http://me:pw@site.example:{port}/secret",
    "file:///etc/hostname",
    "gopher://127.0.0.1:{port}/secret",
)


class Leading:
    """A source that reads a site which may be on this machine, and leads to others on it, which may not."""

    def __init__(self, site: Site, address: str, names: dict[str, list[str]], state: Path) -> None:
        port = urlsplit(address).port
        names |= {"site.example": ["127.0.0.1"], "inside.example": ["127.0.0.1"]}
        self.site = site
        self.start = f"http://site.example:{port}/"
        self.targets = [target.format(port=port) for target in TARGETS]
        self._hosts = [f"*:{port}", f"[::ffff:7f00:1]:{port}", f"[::ffff:127.0.0.1]:{port}"]
        self._state = state

    def found(self, sitemaps: bool = False) -> list[str]:
        """The documents' paths."""
        connector = WebConnector(
            self._state,
            urls=self.start,
            hosts=self._hosts,
            sitemaps=sitemaps,
            allow_private="site.example",
            seconds_between_requests=0,
        )
        return sorted("/" + ref.id.removeprefix(self.start) for ref in connector.list())


@pytest.fixture
def leading(site: Site, address: str, names: dict[str, list[str]], tmp_path: Path) -> Leading:
    return Leading(site, address, names, tmp_path)


def test_no_link_leads_to_this_machine(leading: Leading) -> None:
    leading.site.links("/", *leading.targets)
    assert leading.found() == ["/"]
    assert "/secret" not in leading.site.asked


def test_no_redirect_leads_to_this_machine(leading: Leading) -> None:
    ways = [f"/{number}" for number in range(len(leading.targets))]
    leading.site.links("/", *ways)
    for way, target in zip(ways, leading.targets, strict=True):
        leading.site.moved(way, target)
    assert leading.found() == ["/"]
    assert "/secret" not in leading.site.asked


@pytest.mark.parametrize(
    "head", ['<link rel="canonical" href="{target}">', '<meta http-equiv="refresh" content="0; url={target}">']
)
def test_no_page_leads_to_this_machine(leading: Leading, head: str) -> None:
    ways = [f"/{number}" for number in range(len(leading.targets))]
    leading.site.links("/", *ways)
    for way, target in zip(ways, leading.targets, strict=True):
        leading.site.page(way, "<p>Hello.</p>", head=head.format(target=target))
    assert set(leading.found()) <= {"/", *ways}
    assert "/secret" not in leading.site.asked


def test_no_robots_txt_and_no_sitemap_leads_to_this_machine(leading: Leading) -> None:
    for target in leading.targets:
        leading.site.moved("/robots.txt", target)
        with suppress(ConnectorError):
            assert leading.found() == ["/"]
        leading.site.text("/robots.txt", f"Sitemap: {target}")
        with pytest.raises(ConnectorError):
            leading.found(sitemaps=True)
        leading.site.text("/robots.txt", f"Sitemap: {leading.start}map.xml")
        leading.site.moved("/map.xml", target)
        with pytest.raises(ConnectorError):
            leading.found(sitemaps=True)
    assert "/secret" not in leading.site.asked
    assert "/map.xml" in leading.site.asked


def test_a_port_that_is_not_named_is_not_read(
    site: Site, address: str, serve: Serve, names: dict[str, list[str]], tmp_path: Path
) -> None:
    names["site.example"] = ["127.0.0.1"]
    other = Site()
    other.page("/", "<p>An administrator's.</p>")
    other.sitemap("/map.xml")
    at = f"http://site.example:{urlsplit(serve(other.app)).port}"
    site.links("/", f"{at}/", "/away")
    site.moved("/away", f"{at}/")
    start = f"http://site.example:{urlsplit(address).port}/"
    keys: dict[str, Any] = {"urls": start, "allow_private": True, "seconds_between_requests": 0}
    assert [ref.id for ref in WebConnector(tmp_path, **keys).list()] == [start]
    site.text("/robots.txt", f"Sitemap: {at}/map.xml\n")
    with pytest.raises(AddressRefusedError, match="is on a port of its own: name it in `hosts`"):
        list(WebConnector(tmp_path, sitemaps=True, **keys).list())
    assert other.asked == []


def test_hosts_that_may_be_private_are_read(site: Site, address: str, tmp_path: Path) -> None:
    for allowed in (True, "127.0.0.1", ["*.example", "127.*"]):
        connector = WebConnector(tmp_path, urls=address, allow_private=allowed, seconds_between_requests=0)
        assert [ref.id for ref in connector.list()] == [f"{address}/"]
    with pytest.raises(AddressRefusedError):
        list(WebConnector(tmp_path, urls=address, allow_private=["intranet.example"]).list())


def test_environment_proxies_are_not_used(
    site: Site, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    connector = WebConnector(tmp_path, urls=address, allow_private=True, seconds_between_requests=0)
    assert len(list(connector.list())) == 1


class _Network(httpcore.MockBackend):
    """Answers every request, and tells where it was asked to connect to."""

    def __init__(self, *refusing: str) -> None:
        super().__init__([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"ok"])
        self.connected: list[tuple[str, int]] = []
        self.streams: list[_Stream] = []
        self._refusing = refusing

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self.connected.append((host, port))
        if host in self._refusing:
            raise httpcore.ConnectError("refused")
        stream = _Stream([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"ok"])
        self.streams.append(stream)
        return stream


class _Stream(httpcore.MockStream):
    def __init__(self, buffer: list[bytes]) -> None:
        super().__init__(buffer)
        self.written = b""
        self.server_hostname: str | None = None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written += buffer

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self.server_hostname = server_hostname
        return self


@pytest.fixture
def network() -> _Network:
    return _Network()


@pytest.fixture
def open_transports() -> Iterator[list[CheckedTransport]]:
    transports: list[CheckedTransport] = []
    yield transports
    for transport in transports:
        transport.close()


def asked(
    transports: list[CheckedTransport], network: _Network, url: str, resolve: Callable[[str, int], Sequence[str]]
) -> httpx.Response:
    transport = CheckedTransport(CheckedNetwork(lambda host: False, resolve, network), seconds=10)
    transports.append(transport)
    with httpx.Client(transport=transport) as client:
        return client.get(url)


def test_what_was_checked_is_what_is_connected_to(network: _Network, open_transports: list[CheckedTransport]) -> None:
    turns = [["93.184.215.14"], ["127.0.0.1"]]
    answer = asked(open_transports, network, "https://rebound.example/x", lambda host, port: turns.pop(0))
    assert answer.text == "ok"
    assert network.connected == [("93.184.215.14", 443)]
    assert turns == [["127.0.0.1"]], "the name is resolved once"
    (stream,) = network.streams
    assert stream.server_hostname == "rebound.example"
    assert b"\r\nHost: rebound.example\r\n" in stream.written


def test_of_several_addresses_only_public_ones_are_tried_in_turn(open_transports: list[CheckedTransport]) -> None:
    network = _Network("2606:4700::1")
    addresses = ["::1", "2606:4700::1", "10.0.0.1", "93.184.215.14", "93.184.215.15"]
    assert asked(open_transports, network, "http://many.example/", lambda host, port: addresses).text == "ok"
    assert network.connected == [("2606:4700::1", 80), ("93.184.215.14", 80)]


def test_a_name_that_is_none_and_a_socket_of_this_machine(
    network: _Network, open_transports: list[CheckedTransport]
) -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    with pytest.raises(httpx.ConnectError, match=r"the name no\.example cannot be resolved \(Name or service"):
        asked(open_transports, network, "http://no.example/", unknown)
    with pytest.raises(AddressRefusedError, match="socket of this machine"):
        CheckedNetwork(lambda host: True).connect_unix_socket("/run/docker.sock")
