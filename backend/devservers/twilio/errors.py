"""Twilio's error codes: request errors (in the HTTP response body) and delivery errors (a message's `error_code`)."""

from dataclasses import dataclass

from starlette.responses import JSONResponse

# Code: HTTP status and message, from Twilio's error dictionary, https://www.twilio.com/docs/api/errors
# 30002 is also a delivery error.
REQUEST_ERRORS: dict[int, tuple[int, str]] = {
    20001: (400, "A parameter of the request is not valid"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid 'From' Phone Number"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21481: (400, "Invalid PageToken"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The 'From' phone number provided is not a valid message-capable Twilio phone number for this "
        "destination/account",
    ),
    21608: (400, "The number is unverified. Trial accounts cannot send messages to unverified numbers."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number is not currently reachable using the 'From' phone number"),
    21614: (400, "'To' number is not a valid mobile number"),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21659: (400, "'From' is not a Twilio phone number or Short Code country mismatch"),
    21660: (400, "Mismatch between the 'From' number and the account"),
    21661: (400, "'From' number is not SMS-capable"),
    30002: (403, "Account suspended"),
}

DELIVERY_ERRORS: dict[int, str] = {
    11200: "HTTP retrieval failure",
    12300: "Invalid Content-Type",
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30019: "Content size exceeds carrier limit",
    30032: "Toll-free number has not been verified",
    30034: "Message from an unregistered 10DLC number",
    30410: "Provider timeout error",
}


@dataclass
class ApiError(Exception):
    """A rejected request; `status` and `message` default to those of the code."""

    code: int
    message: str = ""
    status: int | None = None

    def response(self) -> JSONResponse:
        status, message = REQUEST_ERRORS.get(self.code, (400, "The request was rejected"))
        status = self.status or status
        body = {
            "code": self.code,
            "message": self.message or message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": status,
        }
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if status == 401 else None  # noqa: PLR2004
        return JSONResponse(body, status, headers)
