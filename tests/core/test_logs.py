import io
import json
import logging

import pytest

from core import logs
from core.paths import DataFolder

HUSH = "hush4Sure"


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path)
    folder.create()
    level = logging.getLogger().level
    logs.configure(folder, "worker", "INFO")
    yield folder
    logs.shut_down()
    logging.getLogger().setLevel(level)


def lines(folder: DataFolder) -> list[dict]:
    return [json.loads(line) for line in (folder.logs / "worker.log").read_text("utf-8").splitlines()]


def test_every_record_is_one_json_line_with_its_bound_fields(folder):
    logs.get("workers.runner").bind(job_id="j1", camera_id="Pit_1").info("Job began 100 % now", attempt=2)
    (line,) = lines(folder)
    assert line.items() >= {"level": "info", "event": "Job began 100 % now", "job_id": "j1", "attempt": 2}.items()
    assert line["timestamp"].endswith("Z")


def test_records_of_libraries_go_the_same_way(folder):
    logging.getLogger("av.rtsp").info("open %s", f"rtsp://admin:{HUSH}@10.0.0.7/x")
    (line,) = lines(folder)
    assert line["event"] == "open rtsp://***@10.0.0.7/x"


@pytest.mark.allow_warnings
def test_no_secret_reaches_the_disk_by_message_field_exception_or_traceback(folder):
    logs.redact('p"ässwörd')
    log = logs.get("x").bind(url=f"http://h/?token={HUSH}", headers={"Authorization": f"Bearer {HUSH}"})
    try:
        raise RuntimeError(f'rtsp://u:{HUSH}@h said p"ässwörd')
    except RuntimeError:
        log.exception(f"password={HUSH}", password=HUSH, items=[f"secret={HUSH}"])
    text = (folder.logs / "worker.log").read_text("utf-8")
    assert "Traceback" in text
    assert HUSH not in text
    assert "ssw" not in text.replace("password", "")


def test_below_the_level_nothing_is_written(folder):
    logs.get("x").debug("too much")
    logs.get("x").info("enough")
    assert [line["event"] for line in lines(folder)] == ["enough"]


def test_logs_rotate(folder, monkeypatch):
    monkeypatch.setattr(logs, "_MAX_BYTES", 2000)
    logs.configure(folder, "worker", "INFO")
    for number in range(100):
        logs.get("x").info("a line of some length", number=number)
    files = sorted(path.name for path in folder.logs.iterdir())
    assert files == ["worker.log", *(f"worker.log.{n}" for n in range(1, 5))]
    assert all(path.stat().st_size <= 2000 for path in folder.logs.iterdir())


def test_configuring_twice_writes_each_line_once(folder):
    logs.configure(folder, "worker", "INFO")
    logs.get("x").info("once")
    assert len(lines(folder)) == 1


@pytest.mark.allow_warnings
def test_without_a_folder_warnings_go_to_the_stream_in_words():
    stream = io.StringIO()
    level = logging.getLogger().level
    logs.configure(None, "command", "INFO", stderr=stream)
    try:
        logs.get("x").info("quiet")
        logs.get("x").warning("The disk is low", free_gb=2)
    finally:
        logs.shut_down()
        logging.getLogger().setLevel(level)
    assert stream.getvalue() == "warning: The disk is low free_gb=2\n"
