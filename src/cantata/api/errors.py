"""Every failure leaves the API in one shape, whoever raised it.

RequestInvalid      the body, a query parameter or a header is wrong
BodyTooLarge        the body is over the route's limit
RouteNotFound       no such path
MethodNotAllowed    the path is there, but not for this method
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from cantata.contract.errors import error_info
from cantata.errors import STATUS, CantataError, Category, Detail, InternalError, Place

log = logging.getLogger("cantata.api")

AnyRequest = Request[Any, Any, Any]

SEE_SCHEMA = "See /api/v1/openapi.json for what is there."


class RequestInvalid(CantataError):
    category = Category.INVALID


class BodyTooLarge(CantataError):
    category = Category.LIMIT


class RouteNotFound(CantataError):
    category = Category.NOT_FOUND


class MethodNotAllowed(CantataError):
    category = Category.INVALID


def answer_expected(request: AnyRequest, error: CantataError) -> Response[bytes]:
    if error.category is Category.INTERNAL:
        return answer_unexpected(request, error)
    headers = {"Retry-After": str(error.again_after)} if error.again_after else {}
    return _response(error, STATUS[error.category], headers)


def answer_framework(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What the framework raises before our own code runs."""
    if error.status_code >= 500:
        return answer_unexpected(request, error)
    translated = _translate(request, error)
    status = STATUS[translated.category]
    if isinstance(error, MethodNotAllowedException):
        status = error.status_code  # HTTP has a status of its own for this, and clients rely on it.
    return _response(translated, status, error.headers)


def answer_unexpected(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A defect of ours: the log has the stack trace under an id, the client gets the id alone."""
    number = secrets.token_hex(4)
    log.error("error %s in %s %s", number, request.method, request.url.path, exc_info=error)
    hint = f"The server's log tells more under error {number}."
    if isinstance(error, CantataError):
        info = msgspec.structs.replace(error_info(error), hint=hint)
    else:
        told = InternalError("the server failed at this request", subject=request.url.path, hint=hint)
        info = error_info(told)
    return Response(msgspec.json.encode(info), status_code=500, media_type=MediaType.JSON)


def _response(error: CantataError, status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    body = msgspec.json.encode(error_info(error))
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers or {})


def _translate(request: AnyRequest, error: HTTPException) -> CantataError:
    path = request.url.path
    if isinstance(error, NotFoundException):
        return RouteNotFound(
            f"there is no route {path[:200]}",
            subject="route",
            hint=SEE_SCHEMA,
        )
    if isinstance(error, MethodNotAllowedException):
        return MethodNotAllowed(
            f"{request.method} does not exist for {path[:200]}", subject="route", hint=SEE_SCHEMA
        )
    if error.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
        limit = request.route_handler.resolve_request_max_body_size()
        return BodyTooLarge(
            f"the body of the request is over its limit of {(limit or 0) >> 20} MiB",
            subject="body",
            hint="Send less. A config has at most 1 MiB; a chart can leave files out with .helmignore.",
        )
    details = [_detail(entry) for entry in error.extra] if isinstance(error.extra, list) else []
    text = "; ".join(detail.message for detail in details) or error.detail
    place = details[0].place if details else Place()
    return RequestInvalid(
        f"the request is wrong: {text}", subject="request", place=place, details=details, hint=SEE_SCHEMA
    )


def _detail(entry: Any) -> Detail:
    """One entry of the framework's list: `message`, and `key` and `source` where it knows them."""
    if not isinstance(entry, dict):
        return Detail(str(entry))
    key, source = str(entry.get("key", "")), entry.get("source", "")
    message = str(entry.get("message", ""))
    source = str(getattr(source, "value", source))
    if (key, source) == ("data", "body"):
        return Detail("the body is empty")
    named = (
        f"{source} parameter {key}: {message}" if key and source else f"{key}: {message}" if key else message
    )
    return Detail(named, Place(key=key))
