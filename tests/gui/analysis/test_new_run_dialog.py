import pytest

from core.job import JobState
from core.run import RunProvider
from core.settings import save
from core.store import findings, frames, runs, stations
from core.store.assets import AssetGrouping
from gui.analysis.asset_choice import CHOSEN, CSV, LIBRARY
from gui.analysis.estimating import AUTO, GEMINI, LOCAL, NIGHT
from gui.analysis.new_run_dialog import NewRunDialog
from tests.gui.analysis.analysed_station import PACK_TEXT
from tests.gui.models.filled_station import add_frames


@pytest.fixture
def ask(qtbot, station, page):
    """Opens the dialog; a pack of the station's own without a local analysis is there too."""
    station.folder.packs.mkdir()
    only_a_model = PACK_TEXT.replace('"pit_box"', '"asks_gemini"').replace('local = "frame_quality"', "")
    (station.folder.packs / "asks_gemini.toml").write_text(only_a_model, encoding="utf-8")
    (station.folder.packs / "broken.toml").write_text("name = \n", encoding="utf-8")

    def opened(*chosen_ids: str) -> NewRunDialog:
        page.new_run(chosen_ids)
        qtbot.waitUntil(lambda: page.dialog is not None and answered(page.dialog))
        return page.dialog

    yield opened
    if page.dialog is not None:
        page.dialog.reject()


def answered(dialog: NewRunDialog) -> bool:
    """Whether the newest choice was answered."""
    return dialog._answered is not None and dialog._answered.asked == dialog._chosen()


def choose_pack(qtbot, dialog: NewRunDialog, name: str) -> None:
    dialog.pack.setCurrentIndex(dialog.pack.findData(name))
    qtbot.waitUntil(lambda: answered(dialog))


def with_gemini(qtbot, station, **more: str) -> None:
    save(station.folder, {"gemini.project": "race-team", **{f"gemini.{key}": value for key, value in more.items()}})
    with station.database.write() as tx:
        stations.bump_settings(tx)
    qtbot.waitUntil(lambda: station.settings.gemini.project == "race-team")


@pytest.fixture
def cloud(monkeypatch) -> None:
    monkeypatch.setattr("gui.analysis.estimating.find_spec", lambda name: object())


def test_a_local_run_costs_nothing_and_starts_at_once(qtbot, station, page, ask):
    dialog = ask()
    assert dialog.pack.currentData() == "frame_quality" and dialog._found.text() == "3 assets, 3 frames."
    assert dialog.estimate.startswith("No calls, no tokens, no cost; about")
    dialog.name.setText("Morning")
    dialog.start_button.click()
    qtbot.waitUntil(lambda: page.dialog is None and page.stack.currentWidget() is page.results)
    with station.database.read() as tx:
        (run,) = runs.page(tx).items
        assert (run.name, run.provider, run.assets, run.state) == ("Morning", RunProvider.LOCAL, 3, JobState.PENDING)
        assert all(finding.frames[0].frame_id for finding in findings.after(tx, run.id, -1))
    assert page.results.run_id == run.id


def test_what_is_not_set_up_is_greyed_with_the_reason(qtbot, station, ask):
    dialog = ask()
    assert dialog.why_greyed(LOCAL) == ""
    for key in (GEMINI, NIGHT, AUTO):
        assert "not installed" in dialog.why_greyed(key) or "No project" in dialog.why_greyed(key)
    choose_pack(qtbot, dialog, "asks_gemini")
    assert "only a model" in dialog.why_greyed(LOCAL) and not dialog.start_button.isEnabled()
    assert "only a model" in dialog.why_not


def test_gemini_tells_calls_tokens_cost_and_time_and_the_night_needs_a_bucket(qtbot, station, page, ask, cloud):
    with_gemini(qtbot, station)
    dialog = ask()
    assert "No bucket" in dialog.why_greyed(NIGHT) and dialog.why_greyed(GEMINI) == ""
    choose_pack(qtbot, dialog, "asks_gemini")  # this machine can't: the first that can is taken
    qtbot.waitUntil(lambda: answered(dialog) and dialog._chosen().way == GEMINI)
    assert dialog.estimate.startswith("3 calls, about 4,600 tokens in") and "US$" in dialog.estimate
    assert "never more than US$" in dialog.estimate and "about" in dialog.estimate
    dialog.budget.setValue(1.5)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: page.dialog is None)
    with station.database.read() as tx:
        (run,) = runs.page(tx).items
    assert (run.provider, run.budget_usd, run.options) == (RunProvider.GEMINI, 1.5, {})


def test_the_night_is_half_the_price_and_within_a_day(qtbot, station, page, ask, cloud):
    with_gemini(qtbot, station, batch_bucket="race-frames")
    dialog = ask()
    dialog.choose_way(NIGHT)
    qtbot.waitUntil(lambda: answered(dialog))
    assert dialog.estimate.endswith("within a day.")
    dialog.start_button.click()
    qtbot.waitUntil(lambda: page.dialog is None)
    with station.database.read() as tx:
        assert runs.page(tx).items[0].options == {"night": True}


def test_assets_are_what_is_chosen_in_the_library_a_camera_or_a_car(qtbot, station, refs, ask):
    add_frames(station, "Pit_2", range(5, 7), meta={"car": 27})
    (gone,) = add_frames(station, "Pit_2", range(9, 10), meta={"car": 4})
    with station.database.write() as tx:
        frames.mark_file_gone(tx, gone.id)
    dialog = ask(refs[0].frame_id)
    assert dialog.assets.source.currentData() == CHOSEN and dialog._found.text() == "1 asset, 1 frame."
    dialog.assets.choose_source(LIBRARY)
    dialog.assets.by.setCurrentIndex(dialog.assets.by.findData(AssetGrouping.CAR))
    qtbot.waitUntil(lambda: answered(dialog))
    told = "1 asset, 2 frames. 3 frames without a car in its meta left out. 1 frame left out: only in object storage."
    assert dialog._found.text() == told
    dialog.assets.by.setCurrentIndex(dialog.assets.by.findData(AssetGrouping.CAMERA))
    dialog.assets.camera.setCurrentIndex(dialog.assets.camera.findData("Pit_1"))
    qtbot.waitUntil(lambda: answered(dialog))
    assert dialog._found.text() == "1 asset, 3 frames."


def test_a_csv_is_read_and_a_wrong_one_is_told_with_its_line(qtbot, station, ask, tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("asset_id,frames\nwheel,nowhere.jpg\n", encoding="utf-8")
    bad.write_text("asset_id,frames\nwheel,\n", encoding="utf-8")
    dialog = ask()
    dialog.assets.choose_source(CSV)
    qtbot.waitUntil(lambda: answered(dialog))
    assert "Choose a CSV" in dialog._found.text() and not dialog.start_button.isEnabled()
    dialog.assets.show_file(str(bad))
    qtbot.waitUntil(lambda: "Line 2 of bad.csv has no frames" in dialog._found.text())
    assert not dialog.start_button.isEnabled()
    dialog.assets.show_file(str(good))
    qtbot.waitUntil(lambda: "1 asset, 1 frame." in dialog._found.text())
    assert "not there" in dialog._found.text() and dialog.start_button.isEnabled()


def test_nothing_to_analyse_can_not_be_started(qtbot, station, refs, ask):
    with station.database.write() as tx:
        frames.delete(tx, [ref.frame_id for ref in refs])
    dialog = ask()
    assert "There is no frame here" in dialog._found.text() and "nothing to analyse" in dialog.why_not
    assert not dialog.start_button.isEnabled()
    dialog.accept()
    assert dialog.isVisible()


def test_the_librarys_selection_comes_with_the_button_there(qtbot, station, page, refs):
    from gui.library.library_page import LibraryPage

    library = LibraryPage(station)
    qtbot.addWidget(library)
    library.show()
    qtbot.waitUntil(lambda: library.model.count == 3 and library.model.item(0) is not None)
    library.grid.choose(1)
    chosen = library.model.item(1)
    assert chosen is not None
    with qtbot.waitSignal(library.analysis_wanted) as asked:
        library._analyse.click()
    assert asked.args == [[chosen.id]]
