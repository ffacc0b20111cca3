"""A plain text editor with line numbers that marks the line where something is wrong."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontDatabase, QPainter, QPaintEvent, QResizeEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from gui import theme


class CodeEdit(QPlainTextEdit):
    """Tab goes to the next control, as everywhere; indentation is typed with blanks."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.set_role(self, role="code")
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(theme.size("small"))
        self.document().setDefaultFont(font)
        self._bad_line: int | None = None
        self._numbers = _Numbers(self)
        self.blockCountChanged.connect(lambda _: self._make_room())
        self.updateRequest.connect(self._follow_scroll)
        theme.changed.connect(self._mark)
        self._make_room()

    @property
    def bad_line(self) -> int | None:
        return self._bad_line

    def mark_line(self, line: int | None) -> None:
        """Mark this line (the first is 1) as wrong, or none."""
        if line != self._bad_line:
            self._bad_line = line
            self._mark()

    def go_to_line(self, line: int) -> None:
        """Put the cursor on it and show it."""
        block = self.document().findBlockByNumber(max(line, 1) - 1)
        if block.isValid():
            cursor = QTextCursor(block)
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
            self.setTextCursor(cursor)
            self.centerCursor()
        self.setFocus()

    def numbers_width(self) -> int:
        digits = max(2, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9") * digits + 2 * theme.space("s")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paint_numbers(self, event: QPaintEvent) -> None:
        painter = QPainter(self._numbers)
        painter.fillRect(event.rect(), theme.colour("surface"))
        painter.setFont(self.document().defaultFont())
        block = self.firstVisibleBlock()
        while block.isValid():
            area = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if area.top() > event.rect().bottom():
                break
            number = block.blockNumber() + 1
            painter.setPen(theme.colour("bad" if number == self._bad_line else "muted"))
            line = QRect(0, round(area.top()), self._numbers.width() - theme.space("s"), self.fontMetrics().height())
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
            block = block.next()
        painter.end()

    def _mark(self) -> None:
        marks = []
        block = self.document().findBlockByNumber(self._bad_line - 1) if self._bad_line else None
        if block is not None and block.isValid():
            mark = QTextEdit.ExtraSelection()
            ground = theme.colour("bad")
            ground.setAlpha(56)
            mark.format.setBackground(ground)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            mark.cursor = QTextCursor(block)
            marks.append(mark)
        self.setExtraSelections(marks)
        self._numbers.update()

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)
        self._place()

    def _place(self) -> None:
        inner = self.viewport().geometry()
        width = self.numbers_width()
        self._numbers.setGeometry(inner.left() - width, inner.top(), width, inner.height())

    def _follow_scroll(self, area: QRect, by_px: int) -> None:
        if by_px:
            self._numbers.scroll(0, by_px)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())


class _Numbers(QWidget):
    def __init__(self, editor: CodeEdit) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:
        return QSize(self._editor.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_numbers(event)
