from PySide6.QtCore import QPoint

from gui.analysis.charts import Bar, Chart, ChartView

SEVERITY = Chart("Severity", (Bar("none", 90), Bar("minor", 9), Bar("severe", 1)), said="2 without")
BLUR = Chart("Blur", tuple(Bar(f"{n}–{n + 10}", n) for n in range(0, 100, 10)), True, ("0", "50", "100"), mean_at=0.6)


def shown(qtbot, chart: Chart) -> ChartView:
    view = ChartView()
    qtbot.addWidget(view)
    view.show_chart(chart)
    view.resize(view.sizeHint())
    view.grab()
    return view


def test_a_screen_reader_hears_every_figure_of_a_chart(qtbot):
    view = shown(qtbot, SEVERITY)
    assert view.accessibleName() == "Chart of Severity"
    assert view.accessibleDescription() == "Severity. 2 without. none: 90, minor: 9, severe: 1"


def test_a_bar_tells_its_number_and_share_where_the_mouse_rests(qtbot):
    view = shown(qtbot, SEVERITY)
    said = {view.told_at(QPoint(view.width() // 2, y)) for y in range(view.height())}
    assert said == {"", "none: 90 (90%)", "minor: 9 (9%)", "severe: 1 (1%)"}


def test_bars_are_as_long_as_their_numbers(qtbot, look):
    from gui import theme

    view, accent = shown(qtbot, SEVERITY), theme.colour("accent").rgb()
    picture = view.grab().toImage()
    lengths = []
    for area, _ in view._areas:
        y = area.center().y()
        lengths.append(sum(picture.pixel(x, y) == accent for x in range(picture.width())))
    assert abs(lengths[1] / lengths[0] - 0.1) < 0.02 and 0 < lengths[2] <= 4


def test_a_histogram_has_a_bar_a_span_and_says_so(qtbot):
    view = shown(qtbot, BLUR)
    assert len(view._areas) == 10
    assert view.told_at(view._areas[9][0].center()) == "90–100: 90 (20%)"


def test_a_column_without_figures_says_so(qtbot):
    view = shown(qtbot, Chart("Severity", (Bar("none", 0),)))
    assert view.accessibleDescription() == "Severity. nothing yet"
    assert view.told_at(QPoint(50, 50)) == ""
