"""Guarded calls to real servers on loopback: where they go, where they never go, and when they give up."""

import ssl
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cds_hooks.outbound import FetchFailed
from service.security.outbound import Outbound, Resolver, is_public, system_resolver
from tests.security.servers import Reply, Server, serving

BODY = b'{"resourceType":"Patient"}'


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Reply(BODY)) as running:
        yield running


def never_resolved(host: str, port: int) -> Sequence[str]:
    raise AssertionError(host)


def fetch(
    url: str,
    *,
    resolve: Resolver = never_resolved,
    loopback: bool = True,
    seconds: float = 5.0,
    most: int = 1000,
    tls: ssl.SSLContext | None = None,
    **headers: str,
) -> bytes:
    get = Outbound(may_be_loopback=lambda _address: loopback, resolve=resolve, tls=tls).get
    return get(url, headers=headers, deadline=time.monotonic() + seconds, most_bytes=most)


def refused(url: str, *, resolve: Resolver = never_resolved, **more: float) -> str:
    with pytest.raises(FetchFailed) as failure:
        fetch(url, resolve=resolve, loopback=bool(more.pop("loopback", True)), **more)  # type: ignore[arg-type]
    return str(failure.value)


def test_the_body_of_a_200_comes_back_and_the_headers_go_out(server: Server) -> None:
    assert fetch(f"{server.url}/Patient/p1?_count=2", Authorization="Bearer t") == BODY
    (asked,) = server.asked
    assert asked.path == "/Patient/p1?_count=2"
    assert asked.headers["Authorization"] == "Bearer t"
    assert asked.headers["Host"] == server.url.removeprefix("http://")
    assert asked.headers["Accept-Encoding"] == "identity"


def test_a_chunked_answer_is_read() -> None:
    chunked = Reply(b"3\r\nabc\r\n0\r\n\r\n", headers={"Transfer-Encoding": "chunked", "Content-Length": "13"})
    with serving(chunked) as server:
        assert fetch(server.url) == b"abc"


@pytest.mark.parametrize("status", [204, 301, 302, 307, 401, 404, 410, 500])
def test_anything_but_a_200_is_no_answer(status: int) -> None:
    with serving(Reply(status=status)) as server:
        assert refused(server.url) == f"HTTP {status}"


def test_a_redirect_is_not_followed(server: Server) -> None:
    with serving(Reply(status=302, headers={"Location": f"{server.url}/Patient/p1"})) as first:
        refused(first.url)
    assert server.asked == []


def test_loopback_is_called_only_where_it_is_allowed(server: Server) -> None:
    refused(server.url, loopback=False)
    assert server.asked == []


def test_a_name_that_resolves_to_loopback_is_not_loopback(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    refused(f"http://ehr.example.org:{port}/", resolve=lambda _host, _port: ["127.0.0.1"])
    refused(f"https://ehr.example.org:{port}/", resolve=lambda _host, _port: ["127.0.0.1"])
    assert server.asked == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
def test_an_odd_spelling_of_loopback_is_looked_through(server: Server, host: str) -> None:
    port = server.url.rpartition(":")[2]
    refused(f"http://{host}:{port}/", resolve=system_resolver)
    refused(f"https://{host}:{port}/", resolve=system_resolver)
    assert server.asked == []


def test_the_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to() -> None:
    answers = iter([["127.0.0.2"], ["10.0.0.1"]])
    with serving(Reply(BODY), host="127.0.0.2") as server:
        port = server.url.rpartition(":")[2]
        assert fetch(f"http://localhost:{port}/", resolve=lambda _host, _port: next(answers)) == BODY
    assert next(answers) == ["10.0.0.1"]
    assert server.asked[0].headers["Host"] == f"localhost:{port}"


def test_one_address_that_must_not_be_called_spoils_them_all(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    refused(f"http://localhost:{port}/", resolve=lambda _host, _port: ["127.0.0.1", "10.0.0.1"])
    assert refused("https://ehr.example.org/", resolve=lambda _host, _port: ["93.184.216.34", "10.0.0.1"])
    assert server.asked == []


def test_an_address_that_does_not_answer_leaves_time_for_the_next(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    assert fetch(f"http://localhost:{port}/", resolve=lambda _host, _port: ["127.0.0.9", "127.0.0.1"]) == BODY


def test_a_name_without_addresses_and_one_that_cannot_be_resolved_fail() -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError(_host)

    assert refused("https://ehr.example.org/", resolve=lambda _host, _port: []) == "address refused"
    assert refused("https://ehr.example.org/", resolve=unknown) == "OSError"


PRIVATE = """
127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200 0.0.0.0 224.0.0.1
240.0.0.1 255.255.255.255 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 168.63.129.16 192.88.99.1
::1 :: fe80::1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 2001::1 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 ::127.0.0.1
"""


@pytest.mark.parametrize("number", PRIVATE.split())
def test_what_is_not_the_public_internet_is_never_called(number: str) -> None:
    assert not is_public(ip_address(number))
    assert refused("https://ehr.example.org/", resolve=lambda _host, _port: [number]) == "address refused"
    literal = f"[{number}]" if ":" in number else number
    assert refused(f"https://{literal}/", loopback=False) == "address refused"


@pytest.mark.parametrize(
    "number", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_the_public_internet_may_be_called(number: str) -> None:
    assert is_public(ip_address(number))


def test_plain_http_goes_nowhere_but_to_loopback() -> None:
    assert refused("http://ehr.example.org/", resolve=lambda _host, _port: ["93.184.216.34"]) == "address refused"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ehr.example.org",
        "ftp://ehr.example.org/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@ehr.example.org/",
        "https://ehr.example.org@127.0.0.1/",
        "https://ehr.example.org:0/",
        "https://ehr.example.org:99999/",
        "https://ehr.example.org/a b",
        "https://ehr.example.org\\@127.0.0.1/",
        "https://ehr.example.org/\r\nX: y",
        "https://ehr.example.org/fhir/../admin",
        "https://ehr.example.org/fhir/%2e%2e/admin",
        "https://ehr.example.org/fhir/..%2fadmin",
        "https://ehr.example.org/fhir/..;x/admin",
        "https://[v1.example]/",
        "https://[::1].example.org/",
        "https://ehr.example.org:/",
        "https://ehr.example.org/#fragment",
        "https://[fe80::1%25eth0]/",
        "https://\N{LATIN SMALL LETTER E WITH ACUTE}hr.example.org/",
        "https://[::1",
    ],
)
def test_a_url_in_doubt_is_not_called(url: str) -> None:
    assert refused(url)


def test_a_header_that_would_break_the_request_is_not_sent_and_not_quoted(server: Server) -> None:
    with pytest.raises(FetchFailed) as failure:
        fetch(server.url, Authorization="Bearer s3cret\r\nX-Evil: 1")
    assert "s3cret" not in str(failure.value)
    assert server.asked == []


def test_a_body_too_long_is_cut_off() -> None:
    with serving(Reply(b"x" * 1001)) as server:
        assert refused(server.url, most=1000) == "too long"


def test_a_chunked_body_without_end_is_cut_off() -> None:
    endless = b"fff\r\n" + b"x" * 0xFFF + b"\r\n"
    with serving(Reply(endless * 100, headers={"Transfer-Encoding": "chunked"})) as server:
        assert refused(server.url, most=1000) == "too long"


def test_a_body_that_ends_too_early_is_no_answer() -> None:
    with serving(Reply(BODY, headers={"Content-Length": "1000"})) as server:
        assert refused(server.url) == "cut short"


def test_a_compressed_body_is_no_answer() -> None:
    with serving(Reply(BODY, headers={"Content-Encoding": "gzip"})) as server:
        assert refused(server.url) == "compressed"


@pytest.mark.parametrize(
    "slow", [Reply(b"x" * 1000, drip=0.05), Reply(head_drip=0.05), Reply(delay=1.5)], ids=["body", "head", "silence"]
)
def test_a_server_that_drips_is_left_at_the_deadline(slow: Reply) -> None:
    with serving(slow) as server:
        began = time.monotonic()
        assert refused(server.url, seconds=0.3) == "TimeoutError"
        assert time.monotonic() - began < 0.6


def test_a_resolver_that_hangs_is_left_at_the_deadline() -> None:
    def hang(_host: str, _port: int) -> Sequence[str]:
        time.sleep(0.5)
        return ["93.184.216.34"]

    began = time.monotonic()
    assert refused("https://ehr.example.org/", resolve=hang, seconds=0.1) == "TimeoutError"
    assert time.monotonic() - began < 0.4


def test_a_deadline_that_has_passed_calls_nobody(server: Server) -> None:
    assert refused(server.url, seconds=-1) == "TimeoutError"
    assert server.asked == []


def test_proxies_of_the_environment_are_not_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Reply(b"proxy")) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert fetch(server.url) == BODY
        assert proxy.asked == []


# POST


def posted(
    url: str,
    body: bytes = b"{}",
    *,
    resolve: Resolver = never_resolved,
    loopback: bool = True,
    seconds: float = 5.0,
) -> int:
    post = Outbound(may_be_loopback=lambda _address: loopback, resolve=resolve).post
    return post(url, body, headers={"webhook-id": "m"}, deadline=time.monotonic() + seconds)


@pytest.mark.parametrize("status", [200, 204, 302, 410, 500])
def test_a_body_that_is_posted_arrives_and_the_status_comes_back(status: int) -> None:
    with serving(Reply(b"thanks", status=status, headers={"Location": "http://127.0.0.1:1/"})) as server:
        assert posted(f"{server.url}/hook?a=1", b"\x00body") == status
    (asked,) = server.asked
    assert (asked.path, asked.body, asked.headers["webhook-id"]) == ("/hook?a=1", b"\x00body", "m")


@pytest.mark.parametrize("number", PRIVATE.split())
def test_nothing_is_posted_to_what_is_not_the_public_internet(number: str) -> None:
    with pytest.raises(FetchFailed, match="address refused"):
        posted("https://ehr.example.org/", resolve=lambda _host, _port: [number])
    literal = f"[{number}]" if ":" in number else number
    with pytest.raises(FetchFailed, match="address refused"):
        posted(f"https://{literal}/", loopback=False)


def test_nothing_is_posted_to_a_name_that_resolves_to_loopback(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    for scheme in ("http", "https"):
        with pytest.raises(FetchFailed, match="address refused"):
            posted(f"{scheme}://hooks.example.org:{port}/", resolve=lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(FetchFailed):
        posted(server.url, loopback=False)
    assert server.asked == []


def test_a_receiver_that_does_not_answer_is_left_at_the_deadline() -> None:
    with serving(Reply(delay=1.5)) as server:
        began = time.monotonic()
        with pytest.raises(FetchFailed, match="TimeoutError"):
            posted(server.url, b"x" * 100_000, seconds=0.3)
        assert time.monotonic() - began < 0.6


# TLS


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The contexts of a server with a certificate for the name, and of a caller that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain = folder / f"{name}.pem"
    unencrypted = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
    chain.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    return server, ssl.create_default_context(cadata=signed.public_bytes(serialization.Encoding.PEM).decode())


def test_the_certificate_must_be_that_of_the_name_and_believed(tmp_path: Path) -> None:
    theirs, ours = certificate(tmp_path, "localhost")
    with serving(Reply(BODY), tls=theirs) as server:
        port = server.url.rpartition(":")[2]
        local: Resolver = lambda _host, _port: ["127.0.0.1"]  # noqa: E731 - one line among its uses
        assert fetch(f"https://localhost:{port}/x", resolve=local, tls=ours) == BODY
        assert server.asked[0].headers["Host"] == f"localhost:{port}"
        with pytest.raises(FetchFailed, match="SSL"):
            fetch(f"https://localhost:{port}/", resolve=local)
        with pytest.raises(FetchFailed, match="SSL"):
            fetch(f"https://127.0.0.1:{port}/", tls=ours)
        assert len(server.asked) == 1
