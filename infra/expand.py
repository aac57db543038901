"""Expands template.yaml as SAM does on AWS: ``.venv-template/bin/python infra/expand.py``.

`sam validate --lint` looks at the template and does not expand it: a property that SAM refuses is
found here, without an account. Then it looks at what SAM adds by itself: how many resources there
are, and which of AWS' own policies the roles carry, each with the reason that it is taken.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"
# CloudFormation takes 500 resources and one million bytes; near them a part must become a stack.
MOST_RESOURCES = 450
MOST_BYTES = 900_000
# Policies of AWS' own that SAM gives a role, and why they are left as they are.
TAKEN: Mapping[str, str] = {
    "AWSLambdaBasicExecutionRole": "writes logs; our group is named by LoggingConfig",
    "AWSLambdaVPCAccessExecutionRole": "makes interfaces in subnets, which have no name before",
    "AWSXrayWriteOnlyAccess": "traces have no resource",
    "AWSLambdaSQSQueueExecutionRole": "reads queues; each queue's policy refuses all but its own",
    "AWSCodeDeployRoleForLambda": "shifts aliases of functions that deployments name",
}


class _Policies:
    """What SAM would ask IAM for: the ARN of each policy of AWS' own, by name."""

    def load(self) -> dict[str, str]:
        return {name: f"arn:aws:iam::aws:policy/{name}" for name in TAKEN}


def expanded() -> dict[str, Any]:
    """The template as CloudFormation gets it. Raises ``InvalidDocumentException``."""
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            properties["CodeUri"] = "s3://packages/package"  # as after `sam package`
    found: dict[str, Any] = transform(template, {}, _Policies())
    return found


def faults(template: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with an expanded template, in words."""
    resources = template["Resources"]
    if len(resources) > MOST_RESOURCES:
        yield f"{len(resources)} resources, more than {MOST_RESOURCES}"
    size = len(json.dumps(template))
    if size > MOST_BYTES:
        yield f"{size} bytes, more than {MOST_BYTES}"
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role":
            for arn in resource["Properties"].get("ManagedPolicyArns", []):
                if str(arn).rpartition("/")[2] not in TAKEN:
                    yield f"{name}: carries {arn}, and nobody has said why"


def main() -> int:
    logging.disable(logging.WARNING)
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    try:
        template = expanded()
    except InvalidDocumentException as error:
        wrong = [str(cause.message) for cause in error.causes]
    else:
        wrong = list(faults(template))
        sys.stdout.write(f"{len(template['Resources'])} resources when expanded\n")
    for fault in wrong:
        sys.stderr.write(fault + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
