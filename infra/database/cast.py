"""The cast of database roles: who there is, and how much of the database each may take."""

from dataclasses import dataclass

OWNER = "induct_owner"
MIGRATOR = "induct_migrator"
PLATFORM = "induct_platform"
# No login: the analytics service becomes it where it reads for the blinded.
OPEN_READER = "induct_analytics_open"
SERVICES = ("randomization", "assessments", "safety", "analytics")


@dataclass(frozen=True)
class Login:
    """A login role and the limits that keep one service from starving another."""

    name: str
    connections: int
    statement_timeout: str


LOGINS = (
    Login(MIGRATOR, 4, "0"),
    Login(PLATFORM, 20, "30s"),
    Login("induct_randomization", 30, "10s"),
    Login("induct_assessments", 30, "10s"),
    Login("induct_safety", 30, "10s"),
    Login("induct_analytics", 12, "5min"),
)
