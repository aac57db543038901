"""The minutely watch over webhooks, with the channel that the deployment names.

``INDUCT_FALLBACK_TOPIC``, an SNS topic, or else ``INDUCT_FALLBACK_OUTBOX``, a folder. Without
either what is to be told is raised all the same, in the log and in the listing.
"""

import os
from functools import cache

from infra.aws.clients import client
from infra.aws.topic import TopicChannel
from services.safety.e2b.gateway import Gateway
from services.safety.webhooks.fallback_handlers import folder_channel, schedule_handler

TOPIC = "INDUCT_FALLBACK_TOPIC"


def channel() -> Gateway | None:
    """The channel of this deployment, None without one."""
    topic = os.environ.get(TOPIC)
    return _topic(topic) if topic else folder_channel()


@cache
def _topic(topic: str) -> TopicChannel:
    return TopicChannel(client("sns"), topic)


handler = schedule_handler(channel)
