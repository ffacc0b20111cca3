"""How a run is asked for, by the command and by the API alike: its pack, its assets, its provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.asset_lists import of_paths, read_csv
from core.capture import refusal
from core.errors import UsageError
from core.job import NewJob
from core.pack import Pack
from core.packs import find_pack, folders_of
from core.paths import DataFolder
from core.run import Asset, FrameRef, NewRun, Run, RunProvider
from core.store import cameras, runs, sessions
from core.store.assets import AssetGrouping, of_library
from core.store.database import Reading, Writing
from core.store.library import LibraryFilter

_Id = Annotated[str, Field(min_length=1, max_length=200)]
_Path = Annotated[str, Field(min_length=1, max_length=4096)]


class AskedAsset(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    asset_id: _Id
    location: Annotated[str, Field(max_length=1000)] = ""
    frames: Annotated[tuple[_Path, ...], Field(min_length=1)]
    """Absolute paths of files on this machine, or ids of frames of the library."""


class RunParams(BaseModel):
    """What to analyse and how: assets as given, or files, or a CSV of assets, or the library's by session or camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pack: _Id
    assets: tuple[AskedAsset, ...] = ()
    frames: tuple[_Path, ...] = ()
    """Absolute paths: a file is an asset, a folder is one with all its pictures."""
    csv: _Path | None = None
    """Absolute path of a list: asset_id, location, frames."""
    session: _Id | None = None
    camera: _Id | None = None
    by: AssetGrouping | None = None
    """What is one asset of the library; None: a car where every frame names one, else a camera."""
    provider: RunProvider = RunProvider.AUTO
    night: bool = False
    """As one batch of Vertex AI, answered within a day at half the price."""
    budget_usd: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _names_one_source(self) -> Self:
        library = self.session is not None or self.camera is not None
        if sum((bool(self.assets), bool(self.frames), self.csv is not None, library)) != 1:
            raise ValueError("exactly one of assets, frames, csv, and session or camera says what to analyse")
        if self.by is not None and not library:
            raise ValueError("by groups the library's frames: it needs a session or a camera")
        for path in (*self.frames, *([self.csv] if self.csv else [])):
            if not Path(path).is_absolute() or "\0" in path:
                raise ValueError(f"{path[:200]!r} is not the absolute path of a file or folder on this machine")
        return self


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run will be, with its assets found."""

    params: RunParams
    pack: Pack
    assets: Sequence[Asset]
    session_id: str | None

    @property
    def frames(self) -> int:
        return sum(len(asset.frames) for asset in self.assets)


def run_params(raw: object) -> RunParams:
    """Checked. Raises UsageError."""
    try:
        return RunParams.model_validate(raw)
    except ValidationError as invalid:
        raise refusal(invalid) from None


def prepare(tx: Reading, folder: DataFolder, params: RunParams) -> RunRequest:
    """Find pack and assets. Raises NotFound, PackBroken, CameraUnknown, UsageError."""
    pack = find_pack(folders_of(folder), params.pack)
    if params.provider is RunProvider.LOCAL and pack.local is None:
        raise UsageError(
            f"The pack {pack.name} has no analysis on this machine", hint="Only a model can answer it: ask gemini."
        )
    if params.assets:
        assets: Sequence[Asset] = [
            Asset(asset.asset_id, tuple(_frame(frame) for frame in asset.frames), asset.location)
            for asset in params.assets
        ]
    elif params.frames:
        assets = of_paths(Path(path) for path in params.frames)
    elif params.csv is not None:
        assets = read_csv(Path(params.csv))
    else:
        assets = _of_library(tx, params)
    return RunRequest(params, pack, assets, params.session)


def ask_run(tx: Writing, request: RunRequest, new: NewJob) -> Run:
    """Queue it; `new` says by whom, for whom and how urgently. Raises UsageError."""
    params = request.params
    return runs.make(
        tx,
        NewRun(
            pack=request.pack.as_json(),
            provider=params.provider,
            name=new.name,
            options={"night": True} if params.night else {},
            budget_usd=params.budget_usd,
            task_id=new.task_id,
            tenant_id=new.tenant_id,
            operator=new.operator,
            session_id=new.session_id or request.session_id,
            priority=new.priority,
            tries=new.tries,
            after_id=new.after_id,
            correlation_id=new.correlation_id,
        ),
        request.assets,
    )


def _frame(named: str) -> FrameRef:
    return FrameRef(path=named) if Path(named).is_absolute() else FrameRef(frame_id=named)


def _of_library(tx: Reading, params: RunParams) -> Sequence[Asset]:
    session_id = sessions.get(tx, params.session).id if params.session is not None else None
    camera_id = cameras.get(tx, params.camera).id if params.camera is not None else None
    wanted = LibraryFilter(session_id=session_id, camera_id=camera_id)
    if params.by is not None:
        return of_library(tx, wanted, params.by).assets
    by_car = of_library(tx, wanted, AssetGrouping.CAR)
    if by_car.assets and not by_car.left_out:
        return by_car.assets
    return of_library(tx, wanted, AssetGrouping.CAMERA).assets
