"""`trackshift models`: the detectors that tracking can use, and taking in one of one's own."""

import argparse
from pathlib import Path

from cli.answer import Answer
from core.errors import ModelUnusable
from core.paths import DataFolder


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Dispatch to the action."""
    return _list(folder) if arguments.action == "list" else _import(arguments, folder)


def _list(folder: DataFolder) -> Answer:
    from workers.vision.detector_models import built_in, imported

    found = imported(folder)
    good = [built_in(), *(model for model in found if not isinstance(model, ModelUnusable))]
    broken = [model for model in found if isinstance(model, ModelUnusable)]
    lines = [f"{model.name}  {model.sidecar.decoder}  {', '.join(model.classes)}" for model in good]
    lines += [f"broken: {model.title}" for model in broken]
    document = {"models": [model.as_json() for model in good], "broken": [model.as_json() for model in broken]}
    return Answer(document, "\n".join(lines))


def _import(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Raises ModelUnusable."""
    from workers.vision.model_import import take_in

    folder.create()
    file = Path(arguments.file).expanduser().absolute()
    sidecar = Path(arguments.sidecar).expanduser().absolute() if arguments.sidecar else None
    model, tried = take_in(file, sidecar, arguments.name, folder)
    text = f"{model.name} is taken in: {', '.join(model.classes)}; {tried['ms']:.0f} ms a picture on one core."
    return Answer({"model": model.as_json(), "dry_run": tried}, text)
