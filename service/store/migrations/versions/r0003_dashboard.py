"""What the dashboard needs: columns of the worklist, users and their sessions, switches, a fuller audit."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_PLACE = ["superseded", "in_scope", "status", "tier_order", "due", "sequence"]
_LINE = [
    *("id", "created", "service", "client", "tier", "could_be", "version", "patient", "patient_name", "sought_name"),
    *("birth_date", "age_years", "sex", "side", "pathways", "headline", "assignee"),
]
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add them."""
    _columns()
    _accounts()
    op.create_table(
        "switches",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("pathway", sa.Text, nullable=False),
        sa.Column("off", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_switches"),
    )
    op.create_index("ix_switches_pathway_sequence", "switches", ["pathway", "sequence"])
    op.create_table(
        "calls",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("silent", sa.Integer, nullable=False),
        sa.Column("cards", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", "client", "service", name="pk_calls"),
    )


def _columns() -> None:
    for column in (
        sa.Column("patient_name", sa.Text),
        sa.Column("sought_name", sa.Text),
        sa.Column("birth_date", sa.Text),
        sa.Column("age_years", sa.Float),
        sa.Column("sex", sa.Text),
        sa.Column("side", sa.Text),
        sa.Column("pathways", sa.Text, nullable=False, server_default=""),
        sa.Column("headline", sa.Text, nullable=False, server_default=""),
        sa.Column("assignee", sa.Text),
        sa.Column("follows", sa.Text),
        sa.Column("superseded", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("assessments", column)
    op.drop_index("ix_assessments_worklist", "assessments")
    op.create_index("ix_assessments_worklist", "assessments", _PLACE)
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_assessments_lines", "assessments", _PLACE + _LINE)
    op.execute(_SUPERSEDE)
    op.create_index("ix_assessments_follows", "assessments", ["follows"])
    op.create_index("ix_assessments_assignee", "assessments", ["assignee"])
    op.add_column("decisions", sa.Column("assignee", sa.Text))
    op.add_column("audit", sa.Column("role", sa.Text))
    op.add_column("audit", sa.Column("address", sa.Text))
    op.add_column("audit", sa.Column("outcome", sa.Text, nullable=False, server_default="success"))
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_subject_sequence", "audit", ["subject", "sequence"])


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("client", sa.Text),
        sa.Column("password", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", _MOMENT),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("disabled", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("login", name="uq_users_login"),
        sa.UniqueConstraint("subject", name="uq_users_subject"),
    )
    op.create_table(
        "links",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.Column("used", _MOMENT),
        sa.PrimaryKeyConstraint("digest", name="pk_links"),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_links_users", ondelete="CASCADE"),
    )
    op.create_index("ix_links_user", "links", ["user"])
    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("seen", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.Column("client", sa.Text),
        sa.Column("patient", sa.Text),
        sa.Column("secrets", sa.Text),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_sessions_users", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_index("ix_sessions_expires", "sessions", ["expires"])


_SUPERSEDE = """
    UPDATE assessments SET superseded = true WHERE EXISTS (
        SELECT 1 FROM assessments AS later
        WHERE later.client = assessments.client AND later.patient = assessments.patient
        AND later.sequence > assessments.sequence AND later.in_scope AND later.tier_order <= assessments.tier_order
    )
"""
