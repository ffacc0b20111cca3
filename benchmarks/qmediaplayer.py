"""A peer: shows RTSP streams in QMediaPlayer, prints `playing` when every one has shown a picture, and goes on.

python -m benchmarks.qmediaplayer WIDTH HEIGHT URL…
"""

import sys

from PySide6.QtCore import QUrl
from PySide6.QtMultimedia import QMediaPlayer
from PySide6.QtMultimediaWidgets import QVideoWidget
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget


def main() -> int:
    width, height, urls = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    app = QApplication(sys.argv[:1])
    window = QWidget()
    grid = QGridLayout(window)
    grid.setContentsMargins(0, 0, 0, 0)
    waiting, players = set(urls), []

    def seen(url: str) -> None:
        if url in waiting:
            waiting.discard(url)
            if not waiting:
                print("playing", flush=True)

    for place, url in enumerate(urls):
        screen, player = QVideoWidget(), QMediaPlayer()
        screen.setFixedSize(width, height)
        grid.addWidget(screen, place // 2, place % 2)
        player.setVideoOutput(screen)
        screen.videoSink().videoFrameChanged.connect(lambda _, url=url: seen(url))
        player.setSource(QUrl(url))
        player.play()
        players.append(player)
    window.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
