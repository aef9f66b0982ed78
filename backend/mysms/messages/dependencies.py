"""What the messages router asks for."""

from typing import Annotated

from fastapi import Depends, Request

from mysms.messages.service import MessageHistory


def _history(request: Request) -> MessageHistory:
    history: MessageHistory = request.app.state.history
    return history


History = Annotated[MessageHistory, Depends(_history)]
