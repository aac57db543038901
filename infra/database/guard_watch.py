"""Event triggers that write down whatever is done to the guards of the tables."""

import psycopg

# They fire in a session that lets no other trigger fire ('replica'), too: the simplest way round
# is closed. A superuser may take them away; the heads outside the database find what they missed.
_EVENTS = {"guard_changed": "ddl_command_end", "guard_dropped": "sql_drop"}


def watch_guards(admin_url: str, database: str) -> bool:
    """Make the event triggers where they are not there; to be called when the schema is up to date.

    ``admin_url``: a connection of whoever may make event triggers (a superuser; on RDS the
    administrator). Answers whether they are there now: another one may not make them.
    """
    with psycopg.connect(admin_url, dbname=database, autocommit=True) as admin:
        found = admin.execute("SELECT evtname FROM pg_event_trigger WHERE evtenabled = 'A'")
        there = {name for (name,) in found}
        try:
            for name, event in _EVENTS.items():
                if name not in there:
                    admin.execute(f"DROP EVENT TRIGGER IF EXISTS {name}".encode())
                    admin.execute(
                        f"CREATE EVENT TRIGGER {name} ON {event}"
                        " EXECUTE FUNCTION platform.note_guard_event()".encode()
                    )
                    admin.execute(f"ALTER EVENT TRIGGER {name} ENABLE ALWAYS".encode())
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True
