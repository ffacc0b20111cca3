"""Gemini is asked as it wants to be, again while that can help, and what it can't do is told."""

import base64
import threading
import time
from functools import partial

import pytest

from core.errors import KnownError
from core.packs import problem_of
from core.pricing import PRICES
from core.run import AnalysisUnreachable
from tests.fakes.fake_vertex import TOKENS_OUT, FakeVertex, Fault
from tests.workers.analysis.gemini_parts import JPEG, SCHEMA, asking, asset, frame, pack
from workers.analysis import gemini_faults as faults
from workers.analysis.gemini import _into_bucket
from workers.cancellation import Cancelled, CancelToken, Reason

pytest.importorskip("google.genai", reason="the extra `cloud` is not installed")


@pytest.fixture
def vertex():
    with FakeVertex() as fake:
        yield fake


@pytest.fixture
def ask(vertex, tmp_path):
    """Ask about an asset named car-7 that meets these faults; what is given changes the settings."""

    def ask(*met, problem="", the_pack=None, cancel=None, **changes):
        vertex.script("car-7", *met)
        with asking(vertex, **changes) as provider:
            return provider.analyze(
                the_pack or pack(), asset(), [frame(tmp_path)], cancel or CancelToken(), problem=problem
            )

    return ask


def test_a_question_holds_the_pack_its_schema_and_the_frame_and_its_answer_is_counted(ask, vertex):
    answer = ask()
    assert problem_of(pack(), answer.values) == ""
    assert (answer.model, answer.tokens_out) == ("gemini-2.5-pro", TOKENS_OUT)
    assert answer.cost_usd == pytest.approx(PRICES["gemini-2.5-pro"].of(answer.tokens_in, TOKENS_OUT))
    body = vertex.seen[0].body
    text, image = body["contents"][0]["parts"]
    assert "Asset: car-7" in text["text"]
    assert "Location: pit box 3" in text["text"]
    assert base64.urlsafe_b64decode(image["inlineData"]["data"]) == JPEG
    assert body["systemInstruction"]["parts"][0]["text"] == "Judge the tyre."
    asked = body["generationConfig"]
    assert asked["responseMimeType"] == "application/json"
    assert asked["responseJsonSchema"]["required"] == SCHEMA["required"]
    assert "$schema" not in asked["responseJsonSchema"]
    assert "maxLength" not in asked["responseJsonSchema"]["properties"]["note"]
    assert asked["temperature"] == 0.1


def test_a_packs_own_wishes_win_over_the_settings(ask, vertex):
    ask(the_pack=pack(model="gemini-2.5-flash", temperature=0.7, max_output_tokens=512, thinking_budget=0))
    assert vertex.seen[0].model == "gemini-2.5-flash"
    asked = vertex.seen[0].body["generationConfig"]
    assert (asked["temperature"], asked["maxOutputTokens"]) == (0.7, 512)
    assert asked["thinkingConfig"] == {"thinkingBudget": 0}


def test_what_was_wrong_with_the_last_answer_is_said_when_it_is_asked_again(ask, vertex):
    ask(problem="score: 200 is too much")
    assert "score: 200 is too much" in vertex.seen[0].body["contents"][0]["parts"][0]["text"]


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.BROKEN, Fault.UNAVAILABLE, Fault.DROP, Fault.PORTAL])
def test_a_passing_fault_is_tried_again(ask, vertex, fault):
    assert ask(fault).values is not None
    assert vertex.calls["car-7"] == 2


def test_while_a_model_is_overloaded_the_fallback_answers_and_the_answer_says_so(ask, vertex):
    vertex.script_model("gemini-2.5-pro", Fault.RATE_LIMIT)
    answer = ask()
    assert answer.model == "gemini-2.5-flash"
    assert answer.cost_usd == pytest.approx(PRICES["gemini-2.5-flash"].of(answer.tokens_in, answer.tokens_out))
    assert "gemini-2.5-pro is overloaded" in answer.notes[0]
    assert [call.model for call in vertex.seen] == ["gemini-2.5-pro", "gemini-2.5-pro", "gemini-2.5-flash"]


def test_an_overload_that_stays_is_told_after_three_retries(ask, vertex):
    with pytest.raises(faults.ModelOverloaded, match=r"gemini-2\.5-pro is overloaded or out of order: 429"):
        ask(*[Fault.RATE_LIMIT] * 9, fallback_model="")
    assert vertex.calls["car-7"] == 4


def test_retry_after_is_heeded_and_never_undercut(vertex, tmp_path):
    vertex.retry_after_s = 0.3
    vertex.script("car-7", Fault.RATE_LIMIT)
    with asking(vertex) as provider:
        provider.analyze(pack(), asset(), [frame(tmp_path)], CancelToken())
    first, second = vertex.arrived_ns["car-7"]
    assert second - first >= 0.3e9


def test_a_service_that_asks_for_ten_minutes_is_not_waited_for(ask, vertex):
    vertex.retry_after_s = 600
    with pytest.raises(faults.ModelOverloaded):
        ask(Fault.RATE_LIMIT)
    assert vertex.calls["car-7"] == 1


def test_pauses_grow_from_two_to_fifteen_seconds_and_sway_by_fifteen_percent(vertex):
    again = faults.Again(AnalysisUnreachable())
    with asking(vertex, pauses_s=(2.0, 5.5, 15.0)) as provider:
        for tried, middle in enumerate((2.0, 5.5, 15.0)):
            drawn = [provider._pause_s(tried, again) for _ in range(200)]
            assert 0.85 * middle <= min(drawn) < 0.9 * middle < 1.1 * middle < max(drawn) <= 1.15 * middle


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault.SAFETY, r"safety filter blocked the answer \(SAFETY\)"),
        (Fault.PROMPT_BLOCKED, r"safety filter blocked the answer \(PROHIBITED_CONTENT\)"),
        (Fault.TRUNCATED, "cut short at 8192 tokens"),
        (Fault.EMPTY, "gave no answer"),
        (Fault.BAD_REQUEST, "Provided image is not valid"),
        (Fault.EXPIRED, "refuses the credentials"),
        (Fault.DENIED, "The project team-1 does not let this account"),
        (Fault.UNKNOWN_MODEL, "no model gemini-2.5-pro in us-central1"),
    ],
)
def test_what_no_retry_can_mend_is_told_at_once_in_words(ask, vertex, fault, told):
    with pytest.raises(KnownError, match=told) as failed:
        ask(fault)
    assert failed.value.hint
    assert vertex.calls["car-7"] == 1


def test_a_blocked_or_truncated_answer_names_what_it_cost(ask):
    with pytest.raises(faults.AnswerTruncated) as failed:
        ask(Fault.TRUNCATED)
    assert failed.value.tokens_in > 0
    assert failed.value.cost_usd > 0
    assert failed.value.raw.startswith('{"wear"')


@pytest.mark.parametrize("fault", [Fault.NOT_JSON, Fault.WRONG_SCHEMA])
def test_an_answer_that_breaks_the_schema_comes_back_with_its_raw_text(ask, fault):
    answer = ask(fault)
    assert problem_of(pack(), answer.values)
    assert answer.raw


def test_without_a_network_it_says_so_and_comes_back_with_it(vertex, tmp_path):
    path = frame(tmp_path)
    with asking(vertex) as provider:
        provider.analyze(pack(), asset(), [path], CancelToken())
        vertex.network(up=False)
        with pytest.raises(AnalysisUnreachable):
            provider.analyze(pack(), asset("car-8"), [path], CancelToken())
        vertex.network(up=True)
        assert provider.analyze(pack(), asset("car-8"), [path], CancelToken()).values


@pytest.mark.parametrize("fault", [Fault.PORTAL, Fault.REDIRECT])
def test_a_network_that_wants_a_login_first_is_waited_for_and_fails_no_asset(ask, fault):
    with pytest.raises(AnalysisUnreachable, match="not Vertex AI"):
        ask(*[fault] * 4)


def test_a_call_that_takes_too_long_is_given_up_and_tried_again(ask, vertex):
    vertex.slow_s = 30
    assert ask(Fault.SLOW, timeout_s=1.0).values
    assert vertex.calls["car-7"] == 2


def test_no_more_calls_are_under_way_than_allowed_by_all_threads_together(vertex, tmp_path):
    vertex.latency_s = 0.03
    path = frame(tmp_path)
    with asking(vertex, max_in_flight=3) as provider:
        threads = [
            threading.Thread(target=provider.analyze, args=(pack(), asset(f"car-{n}"), [path], CancelToken()))
            for n in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert vertex.most_in_flight == 3
    assert sum(vertex.calls.values()) == 12


def test_a_cancel_ends_the_wait_for_a_turn_at_once(ask, vertex):
    cancel = CancelToken()
    threading.Timer(0.1, cancel.cancel, [Reason.OPERATOR]).start()
    vertex.retry_after_s = 60
    began_s = time.monotonic()
    with pytest.raises(Cancelled):
        ask(Fault.RATE_LIMIT, cancel=cancel)
    assert time.monotonic() - began_s < 2


def test_frames_too_large_to_send_inline_go_by_the_bucket_or_are_refused(vertex, tmp_path, monkeypatch):
    large = frame(tmp_path, data=JPEG[:4] + bytes(15_000_000))
    with asking(vertex) as provider:
        with pytest.raises(faults.FramesTooLarge, match="15 MB, and 14 MB"):
            provider.analyze(pack(), asset(), [large], CancelToken())
        provider._send = partial(_into_bucket, provider.cloud, "analysis")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", vertex.url)
        provider.analyze(pack(), asset(), [large], CancelToken())
    ((_, name), kept) = vertex.bucket.objects.popitem()
    sent = vertex.seen[0].body["contents"][0]["parts"][1]["fileData"]
    assert set(sent.values()) == {f"gs://analysis/{name}", "image/jpeg"}
    assert kept == large.read_bytes()


def test_a_frame_of_another_format_is_sent_as_a_jpeg(vertex, tmp_path):
    from PIL import Image

    path = tmp_path / "a.bmp"
    Image.new("RGB", (8, 8), "red").save(path)
    with asking(vertex) as provider:
        provider.analyze(pack(), asset(), [path], CancelToken())
    assert (
        base64.urlsafe_b64decode(vertex.seen[0].body["contents"][0]["parts"][1]["inlineData"]["data"])[:3]
        == b"\xff\xd8\xff"
    )


def test_calls_one_after_another_share_a_connection(vertex, tmp_path):
    path = frame(tmp_path)
    with asking(vertex) as provider:
        for number in range(4):
            provider.analyze(pack(), asset(f"car-{number}"), [path], CancelToken())
    assert vertex._server.opened == 1
