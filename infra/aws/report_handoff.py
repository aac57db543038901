"""The minutely hand-off of sealed reports, to the gateway that the deployment names.

``INDUCT_E2B_BUCKET``, an S3 bucket (with ``INDUCT_E2B_PREFIX`` before each name), or else
``INDUCT_E2B_OUTBOX``, a folder. Without either reports stay sealed and waiting, and are told of.
"""

import os
from functools import cache

from infra.aws.clients import client
from infra.aws.e2b_drop import BucketDrop
from services.safety.e2b.gateway import Gateway
from services.safety.handoff_handlers import folder_gateway, schedule_handler

BUCKET = "INDUCT_E2B_BUCKET"
PREFIX = "INDUCT_E2B_PREFIX"


def gateway() -> Gateway | None:
    """The gateway of this deployment, None without one."""
    bucket = os.environ.get(BUCKET)
    return _bucket(bucket, os.environ.get(PREFIX, "")) if bucket else folder_gateway()


@cache
def _bucket(bucket: str, prefix: str) -> BucketDrop:
    return BucketDrop(client("s3"), bucket, prefix)


handler = schedule_handler(gateway)
