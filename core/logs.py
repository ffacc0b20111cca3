"""The logs: JSON lines in logs/<process>.log, rotated, every line cleaned of secrets on its way to the disk."""

import json
import logging
import logging.handlers
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, cast

import structlog

from core.paths import DataFolder
from core.redaction import clean
from core.redaction import redact as redact

_MAX_BYTES = 5 << 20
_KEPT = 4
_MARK = "_trackshift"
_NOISY = ("apscheduler", "urllib3", "PIL", "keyring", "asyncio")


class _JsonLine(logging.Formatter):
    """One record as one cleaned JSON line; tracebacks are a field of it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "process": record.process,
            "thread": record.threadName,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(_cleaned(line), ensure_ascii=False)


class _PlainLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, "fields", {}).items())
        error = "\n" + self.formatException(record.exc_info) if record.exc_info else ""
        return clean(f"{record.levelname.lower()}: {record.getMessage()} {fields}".rstrip() + error)


def _cleaned(value: Any) -> Any:
    # Before JSON quotes it: a secret with a quote or an umlaut in it would look different afterwards.
    if isinstance(value, dict):
        return {name: _cleaned_named(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(str(value))


def _cleaned_named(name: str, value: Any) -> Any:
    if isinstance(value, str):
        said = clean(f"{name}={value}")
        return "***" if said == f"{name}=***" else clean(value)
    return _cleaned(value)


def _to_stdlib(_: Any, __: str, event: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    known: dict[str, Any] = {
        name: event.pop(name) for name in ("exc_info", "stack_info", "stacklevel") if name in event
    }
    # The message is not %-formatted: it goes as the only argument of "%s".
    return ("%s", event.pop("event", "")), {**known, "extra": {"fields": event}}


structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        cast("structlog.types.Processor", _to_stdlib),
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=False,
)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; `.bind(job_id=…, camera_id=…)` gives fields to every line."""
    return structlog.stdlib.get_logger(name)


def bound(**fields: object) -> AbstractContextManager[None]:
    """Every line that this thread logs meanwhile carries these fields, such as correlation_id."""
    return structlog.contextvars.bound_contextvars(**fields)


def configure(
    folder: DataFolder | None,
    process: Literal["worker", "gui", "command"],
    level: str = "INFO",
    *,
    stderr: TextIO | None = None,
) -> None:
    """Write this process's log into the data folder, and to `stderr` if given.

    Without a folder only WARNING and above goes to stderr. Calling it again replaces what the former call set up.
    """
    root = logging.getLogger()
    _remove()
    handlers: list[logging.Handler] = []
    if folder is not None:
        folder.logs.mkdir(parents=True, exist_ok=True)
        rotating = logging.handlers.RotatingFileHandler(
            folder.logs / f"{process}.log", maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True
        )
        rotating.setFormatter(_JsonLine())
        handlers.append(rotating)
    if stderr is not None or folder is None:
        plain = logging.StreamHandler(stderr or sys.stderr)
        plain.setFormatter(_PlainLine())
        if folder is None:
            plain.setLevel(logging.WARNING)
        handlers.append(plain)
    for handler in handlers:
        setattr(handler, _MARK, True)
        root.addHandler(handler)
    root.setLevel(level)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    # A full disk must not stop work for want of a log line; the operator is told of the disk elsewhere.
    logging.raiseExceptions = False


def shut_down() -> None:
    """Close the log files, so that a data folder can be moved or removed."""
    _remove()
    logging.captureWarnings(False)


def _remove() -> None:
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if getattr(handler, _MARK, False)]:
        root.removeHandler(handler)
        handler.close()
