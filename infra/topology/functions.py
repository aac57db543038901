"""Reads functions and HTTP routes out of a template."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from infra.topology.model import Function, PackageType, Route
from infra.topology.section import Section
from infra.topology.template import Reference, Resource, Template, Unresolved

# Source: AWS Lambda developer guide, default and longest time-out in seconds.
_DEFAULT_TIMEOUT = 3
_LONGEST_TIMEOUT = 900

_HANDLER = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")
_EVENT_TYPES = ("HttpApi", "SQS", "ScheduleV2")
# Authorizers of the HTTP API that need no definition of their own.
_NO_AUTHORIZER = "NONE"
_IAM_AUTHORIZER = "AWS_IAM"


@dataclass(frozen=True)
class SamEvent:
    """One entry of a SAM function's ``Events``."""

    function: str
    name: str
    kind: str
    properties: Section


def read_functions(template: Template) -> Iterator[Function]:
    """Every function of the template, SAM or plain."""
    for resource in template.of_kind("AWS::Serverless::Function", "AWS::Lambda::Function"):
        properties = _function_section(template, resource)
        package_type = properties.choice("PackageType", "Zip", ("Zip", "Image"))
        yield Function(
            logical_id=resource.logical_id,
            handler=_handler(properties, package_type),
            timeout=properties.integer("Timeout", _DEFAULT_TIMEOUT, 1, _LONGEST_TIMEOUT),
            package_type=cast("PackageType", package_type),
            environment=tuple(properties.section("Environment").section("Variables").names()),
        )


def _function_section(template: Template, resource: Resource) -> Section:
    is_sam = resource.kind == "AWS::Serverless::Function"
    properties = resource.properties
    merged = template.with_globals("Function", properties) if is_sam else properties
    return Section(template, resource.logical_id, merged)


def _handler(properties: Section, package_type: str) -> str:
    if package_type == "Zip":
        handler = properties.text("Handler")
    else:
        properties.refuse("Handler")
        handler = next(iter(properties.section("ImageConfig").texts("Command")), "")
    if not _HANDLER.fullmatch(handler):
        where = "Handler" if package_type == "Zip" else "ImageConfig/Command/0"
        properties.fault(f"{where} must be a module and a function, dotted, not {handler!r}")
    return handler


def sam_events(template: Template, kind: str) -> Iterator[SamEvent]:
    """The events of one type over all SAM functions."""
    for resource in template.of_kind("AWS::Serverless::Function"):
        function = _function_section(template, resource)
        events = function.section("Events")
        for name in events.names():
            event = events.section(name)
            if event.value("Type") == kind:
                properties = event.section("Properties")
                yield SamEvent(resource.logical_id, name, kind, properties)


def check_event_types(template: Template) -> None:
    """Record a fault for each SAM event that the local stack would not serve."""
    for resource in template.of_kind("AWS::Serverless::Function"):
        events = _function_section(template, resource).section("Events")
        for name in events.names():
            events.section(name).choice("Type", "", _EVENT_TYPES)


def read_routes(template: Template) -> Iterator[Route]:
    """Every route of the HTTP API, from the functions' HttpApi events."""
    seen: set[tuple[str, str]] = set()
    for event in sam_events(template, "HttpApi"):
        method, path = _method_and_path(event.properties)
        if (method, path) in seen:
            event.properties.fault(f"the route {method} {path} is already defined")
        seen.add((method, path))
        authorizer, scopes = _authorization(template, event.properties)
        yield Route(method, path, event.function, authorizer, scopes)


def _method_and_path(properties: Section) -> tuple[str, str]:
    if "Method" not in properties and "Path" not in properties:
        return "ANY", "$default"
    method, path = properties.text("Method").upper(), properties.text("Path")
    if method not in _METHODS:
        properties.fault(f"Method must be one of {', '.join(_METHODS)}, not {method!r}")
    if not path.startswith("/"):
        properties.fault(f"Path must begin with a slash, not {path!r}")
    return method, path


def _authorization(template: Template, route: Section) -> tuple[str | None, tuple[str, ...]]:
    """SAM's rule: the route's authorizer or the API's default; the route's scopes or, where it
    names none, those of the authorizer."""
    api = _api(template, route).section("Auth")
    auth = route.section("Auth")
    scopes = auth.texts("AuthorizationScopes")
    name = auth.value("Authorizer") or api.value("DefaultAuthorizer") or _NO_AUTHORIZER
    if not isinstance(name, str):
        auth.fault("the authorizer must be a name known before deployment")
        return None, scopes
    if name in {_NO_AUTHORIZER, _IAM_AUTHORIZER}:
        if scopes:
            auth.fault(f"AuthorizationScopes need a JWT authorizer, not {name}")
        return (None if name == _NO_AUTHORIZER else name), ()
    authorizers = api.section("Authorizers")
    if name not in authorizers:
        auth.fault(f"the API has no authorizer {name}")
        return name, scopes
    return name, scopes or authorizers.section(name).texts("AuthorizationScopes")


def _api(template: Template, route: Section) -> Section:
    """The API of a route with globals; only the globals where SAM makes the API itself."""
    named: Any = route.value("ApiId")
    properties = template.with_globals("HttpApi", {})
    owner = "Globals/HttpApi"
    if isinstance(named, Reference) and template.kind_of(named.logical_id) == (
        "AWS::Serverless::HttpApi"
    ):
        owner = named.logical_id
        properties = template.with_globals("HttpApi", template.properties_of(owner))
    elif named is not None and not isinstance(named, Unresolved):
        route.fault("ApiId must refer to an AWS::Serverless::HttpApi of the template")
    return Section(template, owner, properties)
