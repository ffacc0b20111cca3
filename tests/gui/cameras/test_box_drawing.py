"""Drawing a pit box: corners come, move and go, each step can be taken back, and what is no box is said."""

from gui.cameras.box_drawing import BoxDrawing

CORNERS = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
REACH, ASPECT = 0.02, 16 / 9


def drawn() -> BoxDrawing:
    drawing = BoxDrawing()
    for corner in CORNERS:
        drawing.press(corner, REACH, ASPECT)
        drawing.release()
    return drawing


def test_four_clicks_make_a_box_and_too_few_say_how_many_more():
    drawing = BoxDrawing()
    assert drawing.problem == ""
    drawing.press(CORNERS[0], REACH, ASPECT)
    assert drawing.problem == "2 more: a box has at least three corners."
    assert drawing.box is None
    box = drawn().box
    assert box is not None and list(box.points) == CORNERS


def test_a_press_near_a_corner_takes_it_and_the_whole_drag_is_one_step_back():
    drawing = drawn()
    drawing.press((0.81, 0.79), REACH, ASPECT)
    for to in ((0.9, 0.9), (1.2, 0.95)):
        drawing.drag(to)
    drawing.release()
    assert drawing.corners[2] == (1.0, 0.95)
    drawing.undo()
    assert drawing.corners == CORNERS


def test_a_press_that_moves_nothing_is_no_step():
    drawing = drawn()
    drawing.press(CORNERS[0], REACH, ASPECT)
    drawing.release()
    drawing.undo()
    assert drawing.corners == CORNERS[:3]


def test_a_press_on_an_edge_puts_a_corner_into_it():
    drawing = drawn()
    drawing.press((0.5, 0.205), REACH, ASPECT)
    assert drawing.corners[1] == (0.5, 0.205) and len(drawing.corners) == 5


def test_edges_that_cross_are_said_and_no_box():
    drawing = BoxDrawing([CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]])
    assert drawing.problem == "The edges of the pit box cross."
    assert drawing.box is None


def test_the_keyboard_can_do_all_of_it():
    drawing = BoxDrawing()
    drawing.rectangle()
    drawing.choose_next(1)
    drawing.move(0.1, -0.05)
    assert drawing.corners[1] == (0.9, 0.2)
    drawing.add_after()
    assert len(drawing.corners) == 5 and drawing.chosen == 2
    drawing.remove_chosen()
    drawing.clear()
    assert drawing.corners == [] and drawing.problem == ""
    for _ in range(5):
        drawing.undo()
    assert not drawing.can_undo and drawing.corners == []


def test_no_more_than_twelve_corners():
    drawing = BoxDrawing([(n / 20, (n % 2) / 2) for n in range(12)])
    drawing.press((0.9, 0.9), REACH, ASPECT)
    assert len(drawing.corners) == 12 and drawing.chosen is None
