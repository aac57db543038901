"""Where a call came from."""

from starlette.requests import HTTPConnection


def source_of(connection: HTTPConnection) -> str:
    """The caller's address; "" where nobody knows it.

    Behind API Gateway it is the gateway's word (``requestContext.http.sourceIp``), on one machine
    the other end of the connection. What a header says of it (``X-Forwarded-For`` and its like) is
    the caller's own word, and is not looked at.
    """
    return "" if connection.client is None else connection.client.host
