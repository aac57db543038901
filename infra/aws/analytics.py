"""The analytics service with a bucket for its artefacts. A folder serves as well, as everywhere."""

from infra.aws.artefacts import bucket_store
from services.analytics import entrypoint
from shared.artefacts import offer

offer("s3", bucket_store)
handler = entrypoint.handler
consume = entrypoint.consume
