"""The API as one object: its page to try it, and one shape for every refusal (RFC 9457)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.docs import Swagger

from lobby.api import operating
from lobby.api.auth import Bearer
from lobby.api.calls import router
from lobby.errors import LobbyError

logger = logging.getLogger(__name__)


class TryPage(Swagger):
    """Swagger's viewer, from files of ours, in a page of ours."""

    template = "lobby/api.html"


api = NinjaAPI(
    title="Holdfast",
    version="1",
    description="Rooms, quick play and results for programs. Make a token on /tokens/; docs/bots.md builds a bot.",
    urls_namespace="api",
    auth=Bearer(),
    docs=TryPage(settings={"persistAuthorization": False, "tryItOutEnabled": True, "defaultModelsExpandDepth": 0}),
)
api.add_router("", router)
api.add_router("/operator", operating.router)


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Mapping[str, str] | None = None,
    retry_after: int | None = None,
) -> HttpResponse:
    """A refusal as application/problem+json."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    response = HttpResponse(
        json.dumps({**body, "errors": dict(errors or {})}), status=status, content_type="application/problem+json"
    )
    if retry_after:
        response["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(LobbyError)
def refused(request: HttpRequest, error: LobbyError) -> HttpResponse:
    """What a service refused."""
    return problem(error.status, error.code, error.message, error.fields, error.retry_after)


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """No token, or none that counts."""
    return problem(401, "no_token", "Send “Authorization: Bearer …” with a token from /tokens/ that is not revoked.")


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What came does not have the shape that the call declares."""
    errors = {".".join(str(part) for part in one["loc"][1:]) or "body": str(one["msg"]) for one in error.errors}
    return problem(422, "malformed", "The request does not have the declared shape.", errors)


@api.exception_handler(RequestDataTooBig)
def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """More than any call needs."""
    return problem(413, "too_big", "The body of this request is too big.")


@api.exception_handler(HttpError)
def failed(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses, such as a body that is no JSON."""
    return problem(error.status_code, "bad_request", str(error))


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """Nothing has this address."""
    return problem(404, "not_found", "There is nothing at this address.")


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """A mistake of ours: logged whole, told without detail."""
    logger.exception("the API failed at %s %s", request.method, request.path, exc_info=error)
    return problem(500, "internal", "Something went wrong on our side. It has been logged.")


@csrf_exempt
async def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address under /api/v1/."""
    return problem(404, "not_found", "There is nothing at this address. /api/v1/docs lists what there is.")
