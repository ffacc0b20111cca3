"""Calls begin no faster than allowed, and no more of them are under way."""

import threading

import pytest

from core.cloud_sections import GeminiSettings
from core.errors import SettingsError
from core.paths import DataFolder
from core.pricing import NIGHT_SHARE, PRICES, Price, Prices, estimate, most_usd
from core.settings import Settings
from tests.conftest import eventually
from tests.workers.analysis.gemini_parts import pack
from workers.analysis.rate import Places, TokenBucket
from workers.cancellation import Cancelled, CancelToken


def nothing() -> None:
    pass


def test_turns_come_evenly_and_a_pause_saves_up_a_second_of_them_at_most():
    now_s = [100.0]
    bucket = TokenBucket(120, lambda: now_s[0])
    first = [bucket.take() for _ in range(4)]
    assert first == [0.0, 0.0, 0.0, 0.5]
    now_s[0] += 3600
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_within_any_minute_there_are_no_more_turns_than_allowed_and_a_seconds_worth():
    now_s = [0.0]
    bucket = TokenBucket(60, lambda: now_s[0])
    taken = []
    while now_s[0] < 300:
        away_s = bucket.take()
        now_s[0] += away_s
        taken.append(now_s[0])
    most = max(sum(start <= turn < start + 60 for turn in taken) for start in range(240))
    assert most <= 62


def test_a_place_that_is_waited_for_is_given_up_on_cancel():
    places, cancel = Places(1, 100), CancelToken()
    with places.call(CancelToken(), nothing):
        threading.Timer(0.05, cancel.cancel).start()
        with pytest.raises(Cancelled), places.call(cancel, nothing):
            pass
    with places.call(CancelToken(), nothing):
        pass


def test_who_began_first_has_the_next_place_however_late_it_asks():
    places, came = Places(1, 100), []

    def call(order):
        with places.call(CancelToken(), nothing, order):
            came.append(order)

    threads = [threading.Thread(target=call, args=(order,)) for order in (3, 1, 2)]
    with places.call(CancelToken(), nothing):
        for thread in threads:
            thread.start()
        assert eventually(lambda: len(places._queue) == 3)
    for thread in threads:
        thread.join()
    assert came == [1, 2, 3]


def test_frames_in_memory_are_bounded_and_one_that_is_larger_comes_alone():
    places, cancel = Places(5, 100), CancelToken()
    with places.room(80, cancel, nothing):
        cancel.cancel()
        with pytest.raises(Cancelled), places.room(30, cancel, nothing):
            pass
    with places.room(500, CancelToken(), nothing):
        pass


def test_the_estimate_counts_frames_and_columns_and_the_night_is_half():
    settings = Settings(gemini=GeminiSettings(project="team-1"))
    by_day = estimate(pack(), {"a": 1, "b": 3}, settings, Prices())
    by_night = estimate(pack(), {"a": 1, "b": 3}, settings, Prices(), night=True)
    assert (by_day.assets, by_day.frames, by_day.model) == (2, 4, "gemini-2.5-pro")
    assert by_day.usd == pytest.approx(PRICES["gemini-2.5-pro"].of(by_day.tokens_in, by_day.tokens_out))
    assert by_night.usd == pytest.approx(by_day.usd * NIGHT_SHARE)
    assert by_day.usd < by_day.most_usd
    assert by_day.most_usd == pytest.approx(
        most_usd(pack(), 1, settings, Prices()) + most_usd(pack(), 3, settings, Prices())
    )


def test_long_prompts_cost_more_and_the_night_halves_both():
    price = PRICES["gemini-2.5-pro"]
    assert price.of(1_000_000, 0) == pytest.approx(2.5)
    assert price.of(100_000, 0) == pytest.approx(0.125)
    assert price.by_night().of(1_000_000, 1_000_000) == pytest.approx(price.of(1_000_000, 1_000_000) / 2)


def test_a_stations_own_prices_win_and_a_wrong_table_is_named(tmp_path):
    folder = DataFolder(tmp_path)
    assert Prices.of_station(folder).of("gemini-2.5-flash-preview-09-2025") == PRICES["gemini-2.5-flash"]
    (tmp_path / "prices.toml").write_text('["gemini-9"]\ninput_usd = 1\noutput_usd = 2\n')
    own = Prices.of_station(folder)
    assert own.of("gemini-9") == Price(1.0, 2.0)
    assert own.of("publishers/google/models/gemini-9@001") == Price(1.0, 2.0)
    assert not own.knows("claude")
    (tmp_path / "prices.toml").write_text('["gemini-9"]\ninput = 1\n')
    with pytest.raises(SettingsError, match=r"prices\.toml"):
        Prices.of_station(folder)
