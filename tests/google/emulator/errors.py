"""The errors of the API in Google's shape, and the ones that tests ask for by name.

Two shapes: Sheets (`status`, `details`) and Drive (`errors` with a `reason`). Knows nothing of spreadsheets.
"""

from __future__ import annotations

from typing import Any

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
REASON = {
    400: "badRequest",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    429: "rateLimitExceeded",
    500: "internalError",
    503: "backendError",
}
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
HELP = "type.googleapis.com/google.rpc.Help"


class ApiError(Exception):
    """An answer other than 200. `details` are Google's; `reason` is Drive's; `headers` go with the answer."""

    def __init__(
        self,
        code: int,
        message: str,
        status: str | None = None,
        *,
        reason: str | None = None,
        details: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        domain: str = "global",
        location: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.status = status or STATUS.get(code, "UNKNOWN")
        self.reason = reason or REASON.get(code, "unknown")
        self.details, self.headers = details or [], headers or {}
        self.domain, self.location = domain, location

    def body(self, *, drive: bool = False) -> dict[str, Any]:
        """The JSON of the answer."""
        if not drive:
            error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
            if self.details:
                error["details"] = self.details
            return {"error": error}
        entry = {"message": self.message, "domain": self.domain, "reason": self.reason}
        if self.location:
            entry |= {"location": self.location, "locationType": "parameter"}
        error = {"code": self.code, "message": self.message, "errors": [entry]}
        if self.code in {401, 403, 429}:
            error["status"] = self.status
        return {"error": error}


class Refused(Exception):
    """A request of a batch that cannot be done. The batch tells which one it was."""


def bad_request(violations: list[tuple[str, str]]) -> ApiError:
    """400 with one line a violation, as for bodies that do not fit the discovery document."""
    details = [
        {
            "@type": BAD_REQUEST,
            "fieldViolations": [
                {"field": field, "description": text} if field else {"description": text} for field, text in violations
            ],
        }
    ]
    return ApiError(400, "\n".join(text for _, text in violations), details=details)


def invalid(message: str) -> ApiError:
    """A plain 400 INVALID_ARGUMENT."""
    return ApiError(400, message)


def not_found(file_id: str | None = None) -> ApiError:
    """404: Sheets says nothing of what was looked for, Drive quotes it."""
    if file_id is None:
        return ApiError(404, "Requested entity was not found.")
    return ApiError(404, f"File not found: {file_id}.", reason="notFound", location="fileId")


def _info(reason: str, **metadata: str) -> dict[str, Any]:
    return {"@type": ERROR_INFO, "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def quota_exceeded(kind: str, *, per_user: bool = True, retry_s: float | None = None, limit: int = 60) -> ApiError:
    """429. kind: "Read" or "Write"."""
    who = " per user" if per_user else ""
    metric = f"sheets.googleapis.com/{kind.lower()}_requests"
    message = (
        f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute{who}' of service "
        "'sheets.googleapis.com' for consumer 'project_number:1000000000001'."
    )
    info = _info(
        "RATE_LIMIT_EXCEEDED",
        consumer="projects/1000000000001",
        service="sheets.googleapis.com",
        quota_metric=metric,
        quota_limit=f"{kind}RequestsPerMinutePer{'User' if per_user else 'Project'}",
        quota_limit_value=str(limit),
        quota_location="global",
    )
    details: list[dict[str, Any]] = [
        info,
        {
            "@type": HELP,
            "links": [
                {
                    "description": "Request a higher quota limit.",
                    "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                }
            ],
        },
    ]
    headers = {}
    if retry_s is not None:
        details.append({"@type": RETRY_INFO, "retryDelay": f"{retry_s:g}s"})
        headers["Retry-After"] = str(max(1, round(retry_s)))
    return ApiError(429, message, details=details, headers=headers, domain="usageLimits")


def no_permission() -> ApiError:
    """403 of somebody with whom the spreadsheet is not shared, or who may only look."""
    return ApiError(403, "The caller does not have permission")


def named(name: str, *, drive: bool = False) -> ApiError:
    """The answer that a test asks for: a status ("503") or a reason ("userRateLimitExceeded")."""
    if name in {"429", "quota"}:
        return quota_exceeded("Write", retry_s=None)
    if name in _NAMED:
        code, message, reason = _NAMED[name]
        status = "FAILED_PRECONDITION" if name == "notASpreadsheet" else None
        limits = name in {"rateLimitExceeded", "userRateLimitExceeded", "accessNotConfigured"}
        details = [_info(*_DETAILS[name])] if name in _DETAILS else None
        if name == "accessNotConfigured":
            service = "drive.googleapis.com" if drive else "sheets.googleapis.com"
            details = [_info("SERVICE_DISABLED", service=service, consumer="projects/1000000000001")]
            message = message.format(api="Google Drive API" if drive else "Google Sheets API", service=service)
        return ApiError(
            code, message, status, reason=reason, details=details, domain="usageLimits" if limits else "global"
        )
    code = int(name)
    return ApiError(code, _PLAIN.get(code, "Error."))


_PLAIN = {
    400: "Request contains an invalid argument.",
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    408: "The request timed out.",
    409: "The operation was aborted.",
    500: "Internal error encountered.",
    502: "The service is currently unavailable.",
    503: "The service is currently unavailable.",
    504: "Deadline expired before operation could complete.",
}
_DETAILS = {
    "401": ("ACCESS_TOKEN_EXPIRED",),
    "insufficientPermissions": ("ACCESS_TOKEN_SCOPE_INSUFFICIENT",),
}
_NAMED: dict[str, tuple[int, str, str]] = {
    "401": (
        401,
        (
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
            "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
        ),
        "authError",
    ),
    "rateLimitExceeded": (403, "Rate Limit Exceeded", "rateLimitExceeded"),
    "userRateLimitExceeded": (403, "User Rate Limit Exceeded", "userRateLimitExceeded"),
    "insufficientPermissions": (403, "Request had insufficient authentication scopes.", "insufficientPermissions"),
    "insufficientFilePermissions": (
        403,
        "The user does not have sufficient permissions for this file.",
        "insufficientFilePermissions",
    ),
    "accessNotConfigured": (
        403,
        (
            "{api} has not been used in project 1000000000001 before or it is disabled. Enable it by visiting "
            "https://console.developers.google.com/apis/api/{service}/overview?project=1000000000001 then retry. If you "
            "enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."
        ),
        "accessNotConfigured",
    ),
    "storageQuotaExceeded": (403, "The user's Drive storage quota has been exceeded.", "storageQuotaExceeded"),
    "notASpreadsheet": (400, "This operation is not supported for this document", "failedPrecondition"),
    "protected": (
        400,
        (
            "Invalid requests[0].updateCells: You are trying to edit a protected cell or object. Please contact the "
            "spreadsheet owner to remove protection if you need to edit."
        ),
        "badRequest",
    ),
}
