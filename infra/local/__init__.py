"""One machine as a deployment: the same code as on AWS, put together differently."""
