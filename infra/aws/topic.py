"""An SNS topic as the other channel: whoever subscribes is told by mail, text message or phone."""

from email import message_from_bytes
from email.policy import SMTP
from typing import Any, Final

from services.safety.e2b.gateway import DeliveryError

# Of an SNS message: plain ASCII, one line.
MOST_SUBJECT: Final = 100


class TopicChannel:
    """Publishes a notice to a topic. ``client`` is boto3's of SNS.

    A topic keeps no names: a notice whose delivery was not written down is published again, under
    the same name in its attributes. Told twice is better than not at all.
    """

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._topic = topic

    def deliver(self, name: str, raw: bytes) -> None:
        """``raw`` is the notice as an e-mail. Raises ``DeliveryError``."""
        from botocore.exceptions import BotoCoreError, ClientError

        mail = message_from_bytes(raw, policy=SMTP)
        body = mail.get_body(("plain",))
        subject = str(mail["Subject"]).encode("ascii", "replace").decode()
        try:
            self._client.publish(
                TopicArn=self._topic,
                Subject=subject[:MOST_SUBJECT],
                Message="" if body is None else body.get_content().replace("\r\n", "\n"),
                MessageAttributes={
                    "induct-notice": {"DataType": "String", "StringValue": name},
                    "induct-cause": {
                        "DataType": "String", "StringValue": str(mail["X-Induct-Cause"]),
                    },
                },
            )  # fmt: skip
        except ClientError as error:
            raise DeliveryError(error.response["Error"]["Code"]) from None
        except BotoCoreError as error:
            raise DeliveryError(type(error).__name__) from None
