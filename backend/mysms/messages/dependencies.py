"""What the messages router asks for."""

from typing import Annotated

from fastapi import Depends, Request

from mysms.messages.export import AccountExport
from mysms.messages.service import MessageHistory


def _history(request: Request) -> MessageHistory:
    history: MessageHistory = request.app.state.history
    return history


def _export(request: Request) -> AccountExport:
    export: AccountExport = request.app.state.export
    return export


Export = Annotated[AccountExport, Depends(_export)]
History = Annotated[MessageHistory, Depends(_history)]
