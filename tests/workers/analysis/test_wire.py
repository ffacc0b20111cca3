"""The transport under Gemini's client speaks HTTP as servers do: over TLS, in chunks, compressed, and cut short."""

import datetime
import gzip
import socket
import ssl
import threading
from ipaddress import ip_address

import pytest

httpx = pytest.importorskip("httpx", reason="the extra `cloud` is not installed")

from workers.analysis.wire import KeptConnections  # noqa: E402


@pytest.fixture
def certificate(tmp_path):
    """Of 127.0.0.1, signed by itself: the paths of certificate and key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


@pytest.fixture
def serve():
    """Answer each connection's requests with these bytes; "" hangs up instead. The server's address."""
    stopping: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(*answers: bytes, tls: ssl.SSLContext | None = None) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        stopping.append(listening)

        def one(connection: socket.socket) -> None:
            with connection:
                for answer in answers:
                    got = b""
                    while b"\r\n\r\n" not in got:
                        data = connection.recv(65536)
                        if not data:
                            return
                        got += data
                    if not answer:
                        return
                    connection.sendall(answer)

        def run() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                    if tls is not None:
                        connection = tls.wrap_socket(connection, server_side=True)
                    one(connection)
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        thread = threading.Thread(target=run)
        thread.start()
        threads.append(thread)
        return f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}/"

    yield serve
    for listening in stopping:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
    for thread in threads:
        thread.join(5)


def client(trusted: ssl.SSLContext | None = None):
    return httpx.Client(transport=KeptConnections(trusted or ssl.create_default_context()))


def whole(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_an_answer_in_chunks_or_compressed_is_read_whole(serve):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    packed = whole(gzip.compress(b"a long answer"), "Content-Encoding: gzip")
    with client() as http:
        address = serve(chunked, packed)
        assert http.get(address).text == "abcde"
        assert http.get(address).text == "a long answer"


def test_tls_is_spoken_with_whom_is_trusted_and_with_nobody_else(serve, certificate):
    cert, private = certificate
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, private)
    address = serve(whole(b"in private"), tls=tls)
    with client(ssl.create_default_context(cafile=cert)) as http:
        assert http.get(address).text == "in private"
    with client() as http, pytest.raises(httpx.ConnectError, match="certificate"):
        http.get(address)


def test_a_connection_that_was_closed_meanwhile_is_made_anew(serve):
    address = serve(whole(b"once"))
    with client() as http:
        assert [http.get(address).text for _ in range(3)] == ["once"] * 3


def test_an_answer_that_is_cut_short_or_never_comes_is_told(serve):
    with client() as http:
        with pytest.raises(httpx.RemoteProtocolError, match="in its answer"):
            http.get(serve(whole(b"a whole body")[:-4]))
        with pytest.raises(httpx.RemoteProtocolError, match="without an answer"):
            http.get(serve(b""))
        with pytest.raises(httpx.RemoteProtocolError):
            http.get(serve(b"SMTP ready\r\n\r\n"))
        waiting = socket.create_server(("127.0.0.1", 0))
        with waiting, pytest.raises(httpx.ReadTimeout):
            http.get(f"http://127.0.0.1:{waiting.getsockname()[1]}/", timeout=0.2)
