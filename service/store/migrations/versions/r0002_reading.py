"""Assessments that are read again and decided upon, notices for webhooks, API keys."""

import sqlalchemy as sa
from alembic import op

from service.store.earlier import RANKS, WITHIN

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)
_NEVER = "9999-12-31 00:00:00+00:00"


def upgrade() -> None:
    """Add them, and say of what is there how urgent it was."""
    _assessments()
    op.add_column("decisions", sa.Column("order_id", sa.Text))
    op.add_column("decisions", sa.Column("version", sa.Integer, nullable=False, server_default="0"))
    op.create_index("uq_decisions_assessment_version", "decisions", ["assessment", "version"], unique=True)
    op.create_table(
        "notices",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("assessment", sa.Text, nullable=False),
        sa.Column("webhook", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.ForeignKeyConstraint(["assessment"], ["assessments.id"], name="fk_notices_assessments", ondelete="CASCADE"),
    )
    op.create_index("ix_notices_assessment", "notices", ["assessment"])
    op.create_index("ix_notices_state_webhook_next_try", "notices", ["state", "webhook", "next_try"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("revoked", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )


def _assessments() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    # SQLite keeps moments as text, which is compared as text: without a zone, and to the microsecond.
    never = "9999-12-31 00:00:00.000000" if is_sqlite else _NEVER
    for column in (
        sa.Column("status", sa.Text, nullable=False, server_default="open"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("tier_order", sa.Integer, nullable=False, server_default="1"),
        sa.Column("due", _MOMENT, nullable=False, server_default=never),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("request_digest", sa.Text),
    ):
        op.add_column("assessments", column)
    for tier, rank in RANKS.items():
        op.execute(sa.text("UPDATE assessments SET tier_order = :o WHERE tier = :t").bindparams(o=-rank, t=tier))
    due = _LATER["sqlite" if is_sqlite else "postgresql"]
    for tier, within in WITHIN.items():
        seconds = f"{int(within.total_seconds())} seconds"
        op.execute(sa.text(f"UPDATE assessments SET due = {due} WHERE tier = :t").bindparams(s=seconds, t=tier))  # noqa: S608
    op.create_index("ix_assessments_client_sequence", "assessments", ["client", "sequence"])
    op.create_index("ix_assessments_client_patient_sequence", "assessments", ["client", "patient", "sequence"])
    op.create_index("ix_assessments_worklist", "assessments", ["in_scope", "status", "tier_order", "due", "sequence"])
    given = sa.text("idempotency_key IS NOT NULL")
    op.create_index(
        "uq_assessments_client_idempotency_key",
        "assessments",
        ["client", "idempotency_key"],
        unique=True,
        sqlite_where=given,
        postgresql_where=given,
    )


_LATER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', created, '+' || :s) || '000'",
    "postgresql": "created + CAST(:s AS interval)",
}
