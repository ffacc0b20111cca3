import pytest
from PySide6.QtCore import Qt

from core.run import FindingState
from core.store import runs
from core.store.findings import FindingFilter, FindingSort
from gui.analysis.findings_model import PAGE_SIZE, FindingsModel
from tests.gui.analysis.analysed_station import a_run, an_answer, answer


@pytest.fixture
def model(station, qapp) -> FindingsModel:
    return FindingsModel(station, qapp)


def look(model: FindingsModel) -> None:
    model.show(model.read())


def column(model: FindingsModel, key: str, places: range) -> list[object]:
    at = next(place for place, column in enumerate(model.columns) if column.key == key)
    return [model.data(model.index(place, at)) for place in places]


def test_it_knows_how_many_there_are_and_reads_the_pages_that_are_looked_at(qtbot, station, model):
    run = a_run(station.database, 2 * PAGE_SIZE + 50)
    model.show_run(run.id)
    look(model)
    assert model.rowCount() == 2 * PAGE_SIZE + 50
    assert model.row(0) is not None and model.row(2 * PAGE_SIZE) is None
    assert column(model, "asset_id", range(2 * PAGE_SIZE, 2 * PAGE_SIZE + 1)) == [None]
    model.look_at(2 * PAGE_SIZE, 2 * PAGE_SIZE + 10)
    qtbot.waitUntil(lambda: model.row(2 * PAGE_SIZE) is not None)
    assert column(model, "asset_id", range(2 * PAGE_SIZE, 2 * PAGE_SIZE + 2)) == ["Car 200", "Car 201"]


def test_columns_are_typed_as_the_pack_says(station, model):
    run = a_run(station.database, 1)
    answer(station.database, run)
    model.show_run(run.id)
    look(model)
    titles = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(model.columnCount())]
    assert titles[:4] == ["Frame", "Asset", "State", "Reason"]
    assert titles[4:10] == ["Verdict", "Clear", "Score", "People", "Hazards", "Note"]
    told = an_answer(0)
    assert column(model, "verdict", range(1)) == [told["verdict"]]
    assert column(model, "clear", range(1)) == ["Yes" if told["clear"] else "No"]
    assert column(model, "score", range(1)) == [f"{told['score']:.3g}"]
    right = [one.key for one in model.columns if one.is_number]
    assert right == ["score", "people", "tokens_in", "tokens_out", "cost_usd", "took_ms"]


def test_what_came_meanwhile_changes_its_cells_and_nothing_is_read_where_nothing_changed(station, model):
    run = a_run(station.database, 60)
    model.show_run(run.id)
    look(model)
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    assert model.read().count is None
    answer(station.database, run, at_most=20, failed=frozenset({3}))
    look(model)
    assert column(model, "state", range(2, 5)) == ["Done", "Failed", "Done"]
    assert column(model, "error", range(3, 4)) == ["The answer breaks the pack's schema"]
    assert resets == []


def test_a_filter_and_an_order_begin_at_the_first_row(station, model):
    run = a_run(station.database, 40)
    answer(station.database, run, failed=frozenset({5, 6}))
    model.show_run(run.id)
    look(model)
    model.ask(wanted=FindingFilter(FindingState.FAILED))
    look(model)
    assert model.rowCount() == 2 and column(model, "asset_id", range(2)) == ["Car 5", "Car 6"]
    model.ask(wanted=FindingFilter(column="verdict", value="unsafe"), sort=FindingSort("score", True))
    look(model)
    wanted = sorted(
        (
            float(str(told["score"]))
            for n, told in enumerate(map(an_answer, range(40)))
            if n not in (5, 6) and told["verdict"] == "unsafe"
        ),
        reverse=True,
    )
    assert column(model, "score", range(model.rowCount())) == [f"{score:.3g}" for score in wanted]


def test_an_answer_to_a_question_that_is_no_longer_asked_is_dropped(station, model):
    run = a_run(station.database, 30)
    model.show_run(run.id)
    late = model.read()
    model.ask(wanted=FindingFilter(text="Car 7"))
    model.show(late)
    assert model.rowCount() == 0
    look(model)
    assert model.rowCount() == 1


def test_a_row_has_the_picture_of_its_first_frame_unless_that_is_gone(station, model, refs):
    from core.store import frames

    with station.database.write() as tx:
        frames.mark_file_gone(tx, refs[1].frame_id)
    run = a_run(station.database, 3, frames=refs)
    model.show_run(run.id)
    look(model)
    assert [model.row(n).picture is not None for n in range(3)] == [True, False, True]
    assert model.row(0).picture.path.is_file()


def test_a_deleted_run_is_told_as_gone(station, model):
    from core.errors import NotFound

    run = a_run(station.database, 3)
    model.show_run(run.id)
    look(model)
    with station.database.write() as tx:
        runs.delete_whole(tx, run.id)
    with pytest.raises(NotFound):
        model.read()
