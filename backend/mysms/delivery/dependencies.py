"""What the sending and callback routers ask for."""

from typing import Annotated

from fastapi import Depends, Request

from mysms.core.settings import Settings
from mysms.delivery.reports import ReportReader
from mysms.delivery.service import MessageSender


def _message_sender(request: Request) -> MessageSender:
    sender: MessageSender = request.app.state.message_sender
    return sender


def _report_reader(request: Request) -> ReportReader:
    reader: ReportReader = request.app.state.report_reader
    return reader


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Messages = Annotated[MessageSender, Depends(_message_sender)]
Reports = Annotated[ReportReader, Depends(_report_reader)]
AppSettings = Annotated[Settings, Depends(_settings)]
