"""What a function asks of AWS on the way of a request, without an SDK: its password for the
database, and a secret. See docs/decisions/0023-aws-without-an-sdk-in-requests.md."""
