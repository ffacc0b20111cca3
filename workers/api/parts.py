"""What the routes stand on: the station's parts, and how a request reaches them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from core.clock import Clock
from core.credentials import Credentials
from core.paths import DataFolder
from core.settings import Settings
from core.store.database import Database
from workers.api.answers import Answers
from workers.api.figures import Figures
from workers.health import Health


@dataclass(frozen=True, slots=True)
class ApiParts:
    """Shared by all requests; every call on the database blocks, so none is made on the event loop."""

    folder: DataFolder
    database: Database
    credentials: Credentials
    clock: Clock
    health: Health
    figures: Figures
    answers: Answers
    current_settings: Callable[[], Settings]
    stopping: Callable[[], bool]
    """The server is about to end: what streams ends itself."""

    @property
    def settings(self) -> Settings:
        return self.current_settings()


async def _parts(request: Request) -> ApiParts:
    return cast("ApiParts", request.app.state.parts)


async def _request_id(request: Request) -> str:
    return str(request.scope["state"]["request_id"])


Station = Annotated[ApiParts, Depends(_parts)]
RequestId = Annotated[str, Depends(_request_id)]
