"""Server settings, given on the command line at every start.

The command line outranks postgresql.conf and ALTER SYSTEM, so nobody can weaken durability by
editing a file; settings of a database or role still apply on top, as they should.
"""

from collections.abc import Mapping

# An acknowledged write is on disk. Without these a crash loses allocations already told to a site.
DURABILITY = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

# Reachable from this machine only, and only with a password.
REACH = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
}

# The server log must never hold what a person said about a child: no statement, no bound value, no
# DETAIL ("Key (subject)=(...) already exists"), and no failed statement's message either ("invalid
# input syntax for type date: ..."). The level `log` keeps the server's own life and its FATALs; a
# statement's error reaches the client that sent it.
SILENCE = {
    "log_min_messages": "log",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

FIXED = DURABILITY | REACH | SILENCE

DEFAULTS = {
    "max_connections": "150",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %e ",
    "log_checkpoints": "off",
    "jit": "off",  # compile time exceeds the run time of the short statements used here
}

_GIVEN_BY_LAUNCHER = {"port", "data_directory", "hba_file", "ident_file", "config_file"}


def server_settings(extra: Mapping[str, str]) -> dict[str, str]:
    """All settings of the server; `extra` may tune it, but not touch the fixed ones.

    Raises:
        ValueError: `extra` names a setting that the launcher keeps for itself.
    """
    wanted = {name.lower(): value for name, value in extra.items()}
    refused = sorted(wanted.keys() & (FIXED.keys() | _GIVEN_BY_LAUNCHER))
    if refused:
        raise ValueError(f"settings fixed by the launcher: {', '.join(refused)}")
    return DEFAULTS | wanted | FIXED


def as_arguments(settings: Mapping[str, str]) -> list[str]:
    """The settings as `-c name=value` arguments of `postgres`."""
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
