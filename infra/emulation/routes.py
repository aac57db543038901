"""The HTTP API told resource by resource, as CloudFormation knows it without SAM."""

from collections.abc import Mapping
from typing import Any, Final

from infra.topology import Route, Topology

API: Final = "AWS::Serverless::HttpApi"


def routes(api: str, resource: Mapping[str, Any], topology: Topology) -> dict[str, Any]:
    """The resources that an API of the template becomes: itself, its stage, its authorizers, one
    integration for each function and one route for each route."""
    properties = resource["Properties"]
    made = {
        api: _resource("Api", {"Name": api, "ProtocolType": "HTTP"}),
        f"{api}Stage": _resource(
            "Stage", {"ApiId": {"Ref": api}, "StageName": "$default", "AutoDeploy": True}
        ),
    }
    for name, told in properties["Auth"]["Authorizers"].items():
        made[f"{api}{name}"] = _authorizer(api, name, told)
    for function in sorted({route.function for route in topology.routes}):
        made[f"{function}Integration"] = _integration(api, function)
    for number, route in enumerate(topology.routes, 1):
        made[f"{api}Route{number:03}"] = _route(api, route)
    return made


def _resource(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": dict(properties)}


def _authorizer(api: str, name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    jwt = told["JwtConfiguration"]
    return _resource(
        "Authorizer",
        {
            "ApiId": {"Ref": api},
            "Name": name,
            "AuthorizerType": "JWT",
            "IdentitySource": [told["IdentitySource"]],
            "JwtConfiguration": {"Issuer": jwt["issuer"], "Audience": jwt["audience"]},
        },
    )


def _integration(api: str, function: str) -> dict[str, Any]:
    return _resource(
        "Integration",
        {
            "ApiId": {"Ref": api},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": {"Fn::GetAtt": [function, "Arn"]},
            "PayloadFormatVersion": "2.0",
        },
    )


def _route(api: str, route: Route) -> dict[str, Any]:
    key = route.path if route.path == "$default" else f"{route.method} {route.path}"
    properties: dict[str, Any] = {
        "ApiId": {"Ref": api},
        "RouteKey": key,
        "Target": {"Fn::Sub": f"integrations/${{{route.function}Integration}}"},
        "AuthorizationType": "NONE",
    }
    if route.authorizer is not None:
        properties |= {
            "AuthorizationType": "JWT",
            "AuthorizerId": {"Ref": f"{api}{route.authorizer}"},
            "AuthorizationScopes": list(route.scopes),
        }
    return _resource("Route", properties)
