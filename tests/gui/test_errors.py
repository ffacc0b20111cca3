"""What nobody caught is told, and can be copied, without the secrets in it."""

import threading

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget

from core.errors import CameraRefused
from core.redaction import redact
from gui.errors import ErrorDialog, ErrorSink
from gui.toast import Notice


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def sink(tmp_path, window, qtbot):
    made = ErrorSink(tmp_path)
    with qtbot.captureExceptions():
        made.install()
        yield made
        made.uninstall()
        if made.dialog is not None:
            made.dialog.close()


def raise_in_thread(error):
    def fail():
        raise error

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


@pytest.mark.allow_warnings
def test_a_bug_in_any_thread_opens_the_dialog_with_its_traceback(sink, qtbot):
    raise_in_thread(ZeroDivisionError("ours"))
    qtbot.waitUntil(lambda: sink.dialog is not None)
    text = sink.dialog.findChild(QPlainTextEdit).toPlainText()
    assert "ZeroDivisionError: ours" in text
    assert "raise error" in text


@pytest.mark.allow_warnings
def test_a_fault_that_repeats_is_added_to_the_dialog_that_is_open(sink, qtbot):
    raise_in_thread(ValueError("first"))
    qtbot.waitUntil(lambda: sink.dialog is not None)
    shown = sink.dialog
    raise_in_thread(ValueError("second"))
    qtbot.waitUntil(lambda: "second" in shown.findChild(QPlainTextEdit).toPlainText())
    assert sink.dialog is shown


def test_a_known_error_that_nobody_caught_is_a_notice_and_no_bug(sink, window, qtbot):
    raise_in_thread(CameraRefused(camera="Pit_1"))
    qtbot.waitUntil(lambda: bool(window.findChildren(Notice)))
    assert "Pit_1 refused" in window.findChild(Notice).text
    assert sink.dialog is None


def test_what_is_copied_holds_no_secret(tmp_path, qtbot):
    redact("hunter2-secret")
    dialog = ErrorDialog(ValueError("rtsp://admin:hunter2-secret@10.0.0.7/live failed"), tmp_path)
    qtbot.addWidget(dialog)
    copy = next(button for button in dialog.findChildren(QPushButton) if button.text() == "Copy details")
    copy.click()
    assert "hunter2" not in QGuiApplication.clipboard().text()
    assert "10.0.0.7" in QGuiApplication.clipboard().text()
