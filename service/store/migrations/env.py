"""Run by Alembic: applies migrations on the connection that `Database.upgrade` hands over."""

from alembic import context
from sqlalchemy import Connection

from service.store.tables import metadata

_LOCK = 0x1E67_121A  # any number, so long as it is the same in all of us


def _migrate(connection: Connection) -> None:
    """All or nothing, and one process at a time: several may start at once."""
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        context.run_migrations()


_migrate(context.config.attributes["connection"])
