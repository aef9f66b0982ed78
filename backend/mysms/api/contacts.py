"""Routes for contacts: names for numbers."""

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError
from starlette.requests import ClientDisconnect

from mysms.api.conditional import IF_NONE_MATCH, ConditionalContactsRoute
from mysms.api.deps import (
    Client,
    ContactImports,
    Contacts,
    ContactsCsvExports,
    CurrentUser,
    get_services,
    require_caller,
)
from mysms.api.numbers import INVALID_NUMBER, Number
from mysms.api.pagination import INVALID_LIMIT, Limit, page_response, page_responses
from mysms.contacts import csv_export
from mysms.contacts.errors import FileTooLongError, ImportsBusyError, TooManyContactsError, UnreadableFileError
from mysms.contacts.import_files import FIELDS, MAXIMUM_COLUMNS
from mysms.contacts.import_files import Field as ColumnField
from mysms.contacts.import_schemas import ImportResponse, import_fields
from mysms.contacts.imports import Existing
from mysms.contacts.schemas import ContactRequest, ContactResponse
from mysms.core.errors import InvalidFieldsError, NotFoundError, error_responses
from mysms.core.phone_numbers import is_country
from mysms.core.rate_limit import RateLimitedError
from mysms.messages.schemas import DEFAULT_PAGE, MAXIMUM_REVISION, MAXIMUM_SEARCH
from mysms.users.errors import UnauthenticatedError
from mysms.web.middleware import read_body
from mysms.web.problem_details import RequestTimeoutError, RequestTooLargeError
from mysms.web.response_headers import UNBUFFERED

IMPORT_PATH = "/api/contacts/import"
MAXIMUM_FILE = 5 * 1024 * 1024
"""Bytes of an imported file: 20,000 rows of ordinary length."""
_FILE_WITHIN_SECONDS = 60.0
_PREVIEWED = 10
_MOST_CHANGES = 1_000
"""Of a page: a client reads all contacts by them at its start, one page after the other."""

router = APIRouter(prefix="/api/contacts", tags=["Contacts"])


class ContactQuery(BaseModel):
    search: str | None = Field(
        None,
        min_length=1,
        max_length=MAXIMUM_SEARCH,
        pattern=r"^[^\x00]*$",
        description="Only contacts whose name has words that begin with all of these, regardless of case, accents and "
        "Unicode form. Of digits and punctuation alone: whose number contains these digits, or begins with them if "
        "there are only one or two, or a +. A request examines a limited number of contacts: a page may have fewer "
        "than `limit` rows, or none, and still link to the next.",
        examples=["ada lov"],
    )
    limit: Limit = DEFAULT_PAGE
    position: str | None = Field(
        None,
        pattern=r"^([0-9a-f]{2}){1,300}$",
        description="Where the page begins: part of the link to the next page.",
        examples=["616461206c6f76656c616365202b3134313535353532363731"],
    )


async def list_contacts(request: Request, query: Annotated[ContactQuery, Query()]) -> Response:
    """Returns your contacts by name, regardless of case and accents, and then by number."""
    caller, contacts = await require_caller(request), get_services(request).contacts
    page = await contacts.page(caller.user_id, query.search, limit=query.limit, position=query.position)
    return page_response(page, request, next_by="position")


router.add_api_route(
    "",
    list_contacts,
    methods=["GET"],
    response_model=list[ContactResponse],
    summary="List your contacts",
    responses=page_responses(INVALID_LIMIT),
    openapi_extra=IF_NONE_MATCH,
    route_class_override=ConditionalContactsRoute,
)


class ContactChangesQuery(BaseModel):
    since: int = Field(
        ge=0,
        le=MAXIMUM_REVISION,
        description="The `X-Revision` of the page that you know: of the list, or the first of changes.",
        examples=[1041],
    )
    limit: int = Field(DEFAULT_PAGE, ge=1, le=_MOST_CHANGES)
    position: str | None = Field(
        None,
        pattern=r"^(-1|[0-9]{1,16})\.[0-9]{1,15}$",
        description="Where the page begins: part of the link to the next page.",
        examples=["1041.14155552671"],
    )


async def list_contact_changes(request: Request, query: Annotated[ContactChangesQuery, Query()]) -> Response:
    """Returns your contacts that have changed since a revision, in no particular order.

    They include those that you have deleted, with `deleted_at` and without their names: for a day, so if you have not
    asked for longer, read the list anew. Everything else is as in `/api/messages/changes`.
    """
    caller, contacts = await require_caller(request), get_services(request).contacts
    page = await contacts.changes(caller.user_id, query.since, limit=query.limit, position=query.position)
    return page_response(page, request, next_by="position")


router.add_api_route(
    "/changes",
    list_contact_changes,
    methods=["GET"],
    response_model=list[ContactResponse],
    summary="List which contacts have changed",
    responses=page_responses(InvalidFieldsError({"limit": [f"must be at most {_MOST_CHANGES}"]})),
    openapi_extra=IF_NONE_MATCH,
    route_class_override=ConditionalContactsRoute,
)


@router.get(
    "/export.csv",
    summary="Export contacts as CSV",
    response_class=StreamingResponse,
    responses={
        status.HTTP_200_OK: {
            "description": "A file in UTF-8 with a byte order mark, and otherwise after RFC 4180.",
            "content": {"text/csv": {"schema": {"type": "string"}, "example": csv_export.EXAMPLE}},
        },
        **error_responses(UnauthenticatedError(), RateLimitedError()),
    },
)
async def export_contacts(user: CurrentUser, export: ContactsCsvExports, client: Client) -> StreamingResponse:
    """Returns your contacts by number, as one file of any length, with the labels of each separated by semicolons.

    As in the export of messages, an apostrophe stands before what a spreadsheet could take for a formula, and the last
    line says so if the file is incomplete.
    The file says how each has agreed, and who has opted out, when and how. An import reads it again, but for the
    opt-outs.
    """
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"', **UNBUFFERED}
    return StreamingResponse(await export.begin(user, client), media_type="text/csv", headers=headers)


def _require_country(code: str) -> str:
    if not is_country(code):
        raise PydanticCustomError("country", "must be a two-letter country code (ISO 3166), such as CH or US")
    return code


class ImportQuery(BaseModel):
    apply: bool = Field(default=False, description="Whether to store the contacts. Otherwise nothing changes.")
    existing: Existing = Field(
        "update",
        description="What becomes of contacts that you have: `update` takes what the file states, `keep` nothing.",
    )
    columns: str | None = Field(
        None,
        pattern=rf"^({'|'.join(FIELDS)})(,({'|'.join(FIELDS)})){{0,{MAXIMUM_COLUMNS - 1}}}$",
        description="What the columns of a CSV file are, in their order and with commas between. Recognised by their "
        "names if it is not given. Of a column that several are, all are read; those beyond the last one are ignored.",
        examples=["name,number,ignore,note"],
    )
    country: Annotated[str, AfterValidator(_require_country)] | None = Field(
        None,
        description="The country (ISO 3166) whose numbers the file may have as they are dialled there. The server's "
        "default country if it is not given.",
        examples=["CH"],
    )


@router.post(
    "/import",
    response_model=ImportResponse,
    summary="Import contacts",
    responses=error_responses(
        UnauthenticatedError(),
        RequestTooLargeError.beyond(MAXIMUM_FILE),
        RequestTimeoutError(),
        UnreadableFileError(),
        FileTooLongError(),
        TooManyContactsError(),
        InvalidFieldsError({"country": ["must be a two-letter country code (ISO 3166), such as CH or US"]}),
        ImportsBusyError(),
        RateLimitedError(),
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary", "maxLength": MAXIMUM_FILE},
                    "example": "Name,Phone\r\nAda Lovelace,+1 415 555 2671\r\n",
                }
            },
        }
    },
)
async def import_contacts(
    request: Request, query: Annotated[ImportQuery, Query()], user: CurrentUser, imports: ContactImports
) -> dict[str, object] | Response:
    """Says what a file of contacts would change, and with `apply`, changes it. The request may be repeated.

    The body is the file: CSV, separated by commas, semicolons or tabs, or vCards of version 2.1, 3.0 or 4.0, in UTF-8,
    UTF-16 or Windows-1252, of at most 5 MiB, 20,000 rows or cards and 40,000 numbers. It needs no certain content type.
    Numbers may have any spelling that a recipient may have, and in CSV, the zeros of an amount behind their digits, as
    in `.0` or `,00`. Each number of a row or card is a contact; of one that comes several times, the first one counts.

    What the file does not state of a contact stays, labels are added, and a known consent stays in any case. Commas,
    semicolons and `:::` separate labels. A consent is stored only if the file states its method, time and source. If
    the connection or the server fails, some of the contacts may be stored: a repeated request completes it.
    """
    services = get_services(request)
    country = query.country or services.settings.default_country
    async with imports.admit(user.user_id):
        try:
            data = await read_body(
                request.scope, request.receive, MAXIMUM_FILE, services.security_events, _FILE_WITHIN_SECONDS
            )
        except ClientDisconnect:
            # Nobody reads it.
            return Response(status_code=status.HTTP_400_BAD_REQUEST)
        imported = await imports.run(
            user.user_id,
            data,
            columns=None if query.columns is None else cast("list[ColumnField]", query.columns.split(",")),
            existing=query.existing,
            default_country=country,
            apply=query.apply,
        )
    return import_fields(
        imported.file, imported.items, imported.rejected, country=country, previewed=_PREVIEWED, applied=query.apply
    )


@router.get(
    "/{number}",
    response_model=ContactResponse,
    summary="Read a contact",
    responses=error_responses(UnauthenticatedError(), NotFoundError("There is no such contact."), INVALID_NUMBER),
)
async def read_contact(number: Number, user: CurrentUser, contacts: Contacts) -> dict[str, object]:
    """Returns what you call a number, in whatever spelling you give it."""
    return await contacts.find(user.user_id, number)


@router.put(
    "/{number}",
    response_model=ContactResponse,
    summary="Store a contact",
    responses=error_responses(
        UnauthenticatedError(),
        TooManyContactsError(),
        InvalidFieldsError({"name": ["can't be blank"]}),
        INVALID_NUMBER,
        RateLimitedError(),
    ),
)
async def store_contact(
    number: Number, body: ContactRequest, user: CurrentUser, contacts: Contacts
) -> dict[str, object]:
    """Stores what you call a number, in place of what you have called it. The request may be repeated."""
    return await contacts.store(user.user_id, number, body.contact)


@router.delete(
    "/{number}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a contact",
    responses=error_responses(UnauthenticatedError(), INVALID_NUMBER),
)
async def delete_contact(number: Number, user: CurrentUser, contacts: Contacts) -> None:
    """Deletes what you call a number. Its messages stay, and so does its opt-out. The request may be repeated."""
    await contacts.delete(user.user_id, number)
