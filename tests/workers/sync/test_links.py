"""A call ends by its deadline, whatever the other side does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import urllib3

from workers.sync.links import Links
from workers.sync.object_store import Halted

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def serving(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """One connection after another, each given to `answer` once its request's head is in."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def serve() -> None:
            while not over.is_set():
                try:
                    client, _ = server.accept()
                except TimeoutError:
                    continue
                client.settimeout(5)
                with client:
                    try:
                        client.recv(65536)
                        answer(client, over)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, name="raw-server")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            over.set()
            thread.join(10)


@pytest.fixture
def links() -> Iterator[Links]:
    links = Links(silence_s=0.4, connect_s=1.0, connections=2, ca_file=None)
    yield links
    links.close()


def test_a_server_that_trickles_for_ever_is_cut_off(links):
    def trickle(client: socket.socket, over: threading.Event) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not over.wait(0.05):
            client.sendall(b"x")

    with serving(trickle) as url:
        began_s = time.monotonic()
        with pytest.raises((urllib3.exceptions.HTTPError, ValueError, OSError)), links.call(0):
            links.urlopen("GET", url)
        assert 1.0 < time.monotonic() - began_s < 5


def test_silence_ends_a_call(links):
    def silent(client: socket.socket, over: threading.Event) -> None:
        over.wait()

    with serving(silent) as url:
        began_s = time.monotonic()
        with pytest.raises(urllib3.exceptions.HTTPError), links.call(0):
            links.urlopen("GET", url)
        assert time.monotonic() - began_s < 3


def test_whoever_leaves_waits_for_no_answer(links):
    slow = Links(silence_s=60, connect_s=1, connections=1, ca_file=None)
    asked = threading.Event()

    def hang(client: socket.socket, over: threading.Event) -> None:
        asked.set()
        over.wait()

    with serving(hang) as url:

        def cut() -> None:
            asked.wait(5)
            # After the moment in which a connection that had gone stale would be tried once more.
            threading.Event().wait(0.6)
            slow.cut_all()

        cutter = threading.Thread(target=cut)
        cutter.start()
        began_s = time.monotonic()
        with pytest.raises((urllib3.exceptions.HTTPError, OSError)), slow.call(0):
            slow.urlopen("GET", url)
        assert time.monotonic() - began_s < 10
        cutter.join()
    slow.close()


def test_a_connection_that_the_server_closed_while_idle_is_made_again(links):
    answered = []

    def once(client: socket.socket, over: threading.Event) -> None:
        answered.append(1)
        if len(answered) != 2:
            client.sendall(ANSWER)

    with serving(once) as url:
        for _ in range(2):
            with links.call(0):
                assert links.urlopen("GET", url).data == b"ok"
    assert len(answered) == 3


def test_a_body_goes_in_blocks_and_a_halt_is_heeded_between_two(links):
    taken: list[int] = []

    def swallow(client: socket.socket, over: threading.Event) -> None:
        while client.recv(65536):
            pass

    def pace(sent_bytes: int) -> None:
        taken.append(sent_bytes)
        if len(taken) == 3:
            raise Halted

    with serving(swallow) as url, pytest.raises(Halted), links.call(1 << 20, pace):
        links.urlopen("PUT", url, body=bytes(1 << 20))
    assert max(taken) <= 64 << 10
