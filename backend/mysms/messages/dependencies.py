"""What the messages router asks for."""

from typing import Annotated

from fastapi import Depends, Request

from mysms.messages.export import AccountExport
from mysms.messages.schemas import default_country
from mysms.messages.service import MessageHistory


async def assume_default_country(request: Request) -> None:
    """For routers that are given numbers. Runs before a request is validated, in the same task."""
    default_country.set(request.app.state.settings.default_country)


def _history(request: Request) -> MessageHistory:
    history: MessageHistory = request.app.state.history
    return history


def _export(request: Request) -> AccountExport:
    export: AccountExport = request.app.state.export
    return export


Export = Annotated[AccountExport, Depends(_export)]
History = Annotated[MessageHistory, Depends(_history)]
