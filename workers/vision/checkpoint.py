"""The checkpoint of a tracking: what was seen so far, a line a picture, so that the next attempt goes on from there."""

import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from core.media.picture_reader import Place
from workers.vision.looks import BINS
from workers.vision.tracks import Seen

_FLUSH_S = 1.0


class Checkpoint:
    """Read once, then written on. A line that was cut short is as if it were not there; so is all of another work."""

    def __init__(self, path: Path | None, work: Mapping[str, object]) -> None:
        """work: what makes this work this work, as JSON; a file that says otherwise is begun anew."""
        self.seen: list[Seen] = []
        self.times: list[float] = []
        """Seconds of every picture so far, by its number from 1."""
        self.place: Place | None = None
        self.note: dict[str, Any] = {}
        self._file: IO[str] | None = None
        self._flushed_s = 0.0
        if path is not None:
            self._open(path, json.loads(json.dumps(work)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, seen: Seen, times: list[float], place: Place, note: Mapping[str, Any]) -> None:
        """times: of the pictures since the last one that was added, this one last. note: kept as JSON."""
        self._take(seen, times, place, dict(note))
        if self._file is None:
            return
        line = {
            "times": times,
            "pts": place.pts,
            "boxes": seen.boxes.tolist(),
            "scores": np.round(seen.scores, 4).tolist(),
            "classes": seen.classes.tolist(),
            "looks": base64.b64encode(seen.looks.tobytes()).decode("ascii"),
            "texts": seen.texts,
            "note": note,
        }
        self._file.write(json.dumps(line) + "\n")
        now_s = time.monotonic()
        if now_s - self._flushed_s > _FLUSH_S:
            self._flushed_s = now_s
            self._file.flush()

    def _take(self, seen: Seen, times: list[float], place: Place, note: dict[str, Any]) -> None:
        self.seen.append(seen)
        self.times += times
        self.place, self.note = place, note

    def _open(self, path: Path, work: object) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = 0
        if path.exists():
            whole = self._read(path, work)
        self._file = open(path, "r+" if whole else "w", encoding="utf-8", newline="\n")  # noqa: SIM115
        if whole:
            self._file.truncate(whole)
            self._file.seek(whole)
        else:
            self._file.write(json.dumps({"work": work}) + "\n")
            self._file.flush()

    def _read(self, path: Path, work: object) -> int:
        """Bytes of the lines that are whole; 0 if it is of another work."""
        whole = 0
        with open(path, "rb") as lines:
            for line in lines:
                try:
                    said = json.loads(line)
                except ValueError:
                    break
                if not line.endswith(b"\n"):
                    break
                if not whole:
                    if said != {"work": work}:
                        return 0
                else:
                    self._take_line(said)
                whole += len(line)
        return whole

    def _take_line(self, said: dict[str, Any]) -> None:
        number = len(self.times) + len(said["times"])
        at_s = said["times"][-1]
        seen = Seen(
            number,
            at_s,
            np.array(said["boxes"], np.float32).reshape(-1, 4),
            np.array(said["scores"], np.float32),
            np.array(said["classes"], np.int16),
            np.frombuffer(base64.b64decode(said["looks"]), np.uint8).reshape(-1, BINS),
            tuple((place, digits, score) for place, digits, score in said["texts"]),
        )
        self._take(seen, said["times"], Place(number, at_s, said["pts"]), said["note"])
