import base64
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.workers.api.running_api import TOKEN, Api, answer_on, is_refused, running_api
from tests.workers.station_parts import StationParts
from workers.api.auth import BODY_MOST_BYTES, Patience, Rate

HEAD = f"Host: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n".encode()


def test_only_the_root_is_open_to_those_without_a_token(api: Api):
    assert api.stranger.get("/").json()["status"] == "healthy"
    for path in ("/health", "/status", "/status/x", "/metrics", "/events", "/openapi.json", "/docs", "/nothing"):
        assert is_refused(api.stranger.get(path), 401, "token_missing")
    assert is_refused(api.stranger.post("/"), 401, "token_missing")
    assert is_refused(api.stranger.post("/tracking-jobs", json={}), 401, "token_missing")


@pytest.mark.parametrize("wrong", ["x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ü" * 48, "Bearer"])
def test_a_wrong_token_is_refused(api: Api, wrong: str):
    headers = {b"Authorization": f"Bearer {wrong}".encode()}
    assert is_refused(api.stranger.get("/status", headers=headers), 401, "token_wrong")


def test_a_scheme_that_is_not_bearer_is_no_token_but_for_the_pages_that_people_read(api: Api):
    basic = {"Authorization": "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()}
    assert is_refused(api.stranger.get("/status", headers=basic), 401, "token_missing")
    for page in ("/docs", "/redoc", "/openapi.json", "/offline-docs/swagger-ui.css"):
        asked = api.stranger.get(page)
        assert asked.status_code == 401 and asked.headers["WWW-Authenticate"].startswith("Basic")
        assert api.stranger.get(page, headers=basic).status_code == 200
    assert is_refused(api.stranger.get("/docs", headers={"Authorization": "Basic %%%"}), 401, "token_wrong")


def test_after_twenty_wrong_tokens_a_minute_the_guesser_waits_and_the_owner_does_not(api: Api):
    wrong = {"Authorization": "Bearer guess"}
    codes = [api.stranger.get("/status", headers=wrong).status_code for _ in range(22)]
    assert codes == [401] * 20 + [429] * 2
    refused = api.stranger.get("/status", headers=wrong)
    assert is_refused(refused, 429, "too_many_wrong_tokens") and refused.headers["Retry-After"] == "60"
    assert api.get("/status").status_code == 200


def test_more_requests_than_it_may_take_are_refused_and_soon_taken_again(station: StationParts):
    with running_api(station, requests=Rate(5, 0.5)) as api:
        answers = [api.get("/status") for _ in range(12)]
        assert {answer.status_code for answer in answers} == {200, 429}
        assert is_refused(next(one for one in answers if one.status_code == 429), 429, "too_many_requests")
        deadline = time.monotonic() + 5
        while api.get("/status").status_code != 200:
            assert time.monotonic() < deadline


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "localhost.evil", "a@127.0.0.1"]
)
def test_a_foreign_host_is_refused_even_at_the_open_door(api: Api, host: str):
    headers = {"Host": host.format(port=api.port)}
    assert is_refused(api.stranger.get("/", headers=headers), 403, "foreign_host")


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "LOCALHOST:{port}"])
def test_this_machine_s_own_names_are_known(api: Api, host: str):
    own = host.format(port=api.port)
    assert api.get("/status", headers={"Host": own}).status_code == 200
    assert api.get("/status", headers={"Origin": f"http://{own.lower()}"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "https://localhost:{port}", "x"]
)
def test_pages_of_other_sites_may_not_use_it(api: Api, origin: str):
    headers = {"Origin": origin.format(port=api.port)}
    assert is_refused(api.get("/status", headers=headers), 403, "foreign_origin")
    assert "Access-Control-Allow-Origin" not in api.get("/status").headers


def test_it_listens_on_both_loopback_addresses_and_no_other(api: Api):
    if socket.has_ipv6:
        try:
            socket.create_connection(("::1", api.port), timeout=5).close()
        except OSError as missing:
            pytest.skip(f"no IPv6 here: {missing}")
    here = socket.gethostbyname(socket.gethostname())
    if not here.startswith("127."):
        with pytest.raises(OSError):
            socket.create_connection((here, api.port), timeout=1)


def test_a_caller_s_own_request_id_is_kept_and_one_that_is_none_is_not(api: Api):
    assert api.get("/status", headers={"X-Request-ID": "run-7.a"}).headers["X-Request-ID"] == "run-7.a"
    for bad in ("../../x", "a b", "x" * 101, "-a", "a\u00fc".encode()):
        given = api.get("/status", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert len(given) == 26
    assert is_refused(api.get("/status/none", headers={"X-Request-ID": "mine"}), 404, "not_found")


def test_a_huge_body_is_refused_by_its_word_or_while_it_comes(api: Api):
    huge = b"x" * (BODY_MOST_BYTES + 1)
    assert is_refused(api.post("/tracking-jobs", content=huge), 413, "too_large")
    assert is_refused(api.post("/tracking-jobs", content=iter([huge[:600_000]] * 4)), 413, "too_large")


def test_a_body_that_comes_too_slowly_is_given_up(station: StationParts):
    with running_api(station, patience=Patience(silence_s=0.3)) as api:
        began = time.monotonic()
        got = answer_on(api.raw(b"POST /tracking-jobs HTTP/1.1\r\n", HEAD, b"Content-Length: 500\r\n\r\n{"))
        assert got.startswith(b"HTTP/1.1 408") and b'"too_slow"' in got
        assert time.monotonic() - began < 5


def test_a_body_that_drips_is_given_up_as_well(station: StationParts):
    with running_api(station, patience=Patience(silence_s=5, grace_s=0.2, least_bytes_s=1000)) as api:
        connection = api.raw(b"POST /tracking-jobs HTTP/1.1\r\n", HEAD, b"Content-Length: 500\r\n\r\n")
        connection.settimeout(0.05)
        got, deadline = b"", time.monotonic() + 10
        while not got and time.monotonic() < deadline:
            try:
                connection.sendall(b" ")
                got = connection.recv(65_536)
            except TimeoutError:
                continue
        connection.close()
        assert got.startswith(b"HTTP/1.1 408")


def test_what_is_no_http_and_headers_without_end_are_closed(api: Api):
    assert answer_on(api.raw(b"\x16\x03\x01\x02\x00hello\r\n\r\n")).startswith(b"HTTP/1.1 400")
    endless = api.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    with pytest.raises(OSError):
        for _ in range(200):
            endless.sendall(b"X: " + b"y" * 4096 + b"\r\n")
        raise OSError(answer_on(endless))
    endless.close()
    assert api.get("/status").status_code == 200


def test_the_wrong_method_and_the_unknown_path_have_the_one_body(api: Api):
    assert is_refused(api.known.delete("/status"), 405, "method_not_allowed")
    assert is_refused(api.get("/nothing/at/all"), 404, "not_found")
    assert is_refused(api.get("/status/..%2f..%2fetc%2fpasswd"), 404, "not_found")
    assert is_refused(api.get("/offline-docs/..%2f..%2fetc%2fpasswd"), 404, "not_found")


def test_two_thousand_requests_over_fifty_connections_are_all_answered(station: StationParts):
    with running_api(station) as api:
        url = f"http://127.0.0.1:{api.port}/status"

        def ask(_: int) -> list[int]:
            with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as client:
                return [client.get(url).status_code for _ in range(40)]

        with ThreadPoolExecutor(50) as askers:
            codes = [code for answered in askers.map(ask, range(50)) for code in answered]
        assert len(codes) == 2000
        assert set(codes) <= {200, 429} and codes.count(200) > 500
        assert api.get("/").status_code == 200
