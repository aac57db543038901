"""Asks each new version whether it is ready, before CodeDeploy sends it a first call.

A version that cannot import, cannot log in, or whose database may lose what it acknowledges answers
no trial's call: the deployment fails, and the version before goes on. ``INDUCT_NEW_VERSIONS`` names
them, as ``service=ARN`` with spaces between; one release is one answer, so all are asked each time.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from infra.aws.clients import client
from shared.http.logs import log

VERSIONS = "INDUCT_NEW_VERSIONS"
READY = 200


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, str]:
    """Tell CodeDeploy ``Succeeded`` or ``Failed``; one line in the log for each version that is not
    ready. Raises ``KeyError`` where the event is not CodeDeploy's."""
    told = {
        "deploymentId": event["DeploymentId"],
        "lifecycleEventHookExecutionId": event["LifecycleEventHookExecutionId"],
    }
    unready = [name for name, version in new_versions().items() if not is_ready(name, version)]
    for service in unready:
        log("new version not ready", level="error", service=service)
    status = "Failed" if unready else "Succeeded"
    client("codedeploy").put_lifecycle_event_hook_execution_status(status=status, **told)
    return {"status": status}


def new_versions() -> dict[str, str]:
    """The versions to ask, by service. Raises ``ValueError`` where none is named: a check of
    nothing is not one that was passed."""
    found = dict(each.split("=", 1) for each in os.environ.get(VERSIONS, "").split())
    if not found:
        raise ValueError(f"{VERSIONS} names no version")
    return found


def is_ready(service: str, version: str) -> bool:
    """Whether this version answers its own question after its database."""
    try:
        answer = client("lambda").invoke(
            FunctionName=version, Payload=json.dumps(question(service)).encode()
        )
        status = json.loads(answer["Payload"].read())["statusCode"]
    except Exception as error:  # whatever it is, CodeDeploy must get an answer
        log("new version not asked", level="error", service=service, error=type(error).__name__)
        return False
    return "FunctionError" not in answer and bool(status == READY)


def question(service: str) -> dict[str, Any]:
    """``GET /<service>/ready`` as the gateway would send it; no route of its own leads there."""
    path = f"/{service}/ready"
    return {
        "version": "2.0",
        "routeKey": f"GET {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "before-traffic"},
        "requestContext": {
            "domainName": "before-traffic",
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "induct",
            },
            "requestId": "before-traffic",
            "routeKey": f"GET {path}",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
