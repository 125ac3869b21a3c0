"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    _answers()
    _reactions()
    op.create_table(
        "token_ids",
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name="pk_token_ids"),
    )
    op.create_index("ix_token_ids_expires", "token_ids", ["expires"])
    op.create_table(
        "audit",
        sa.Column("sequence", _NUMBER, sa.Identity(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def _answers() -> None:
    op.create_table(
        "assessments",
        sa.Column("sequence", _NUMBER, sa.Identity(), nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("hook_instance", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("patient", sa.Text),
        sa.Column("encounter", sa.Text),
        sa.Column("knowledge_version", sa.Text, nullable=False),
        sa.Column("knowledge_digest", sa.Text, nullable=False),
        sa.Column("in_scope", sa.Boolean, nullable=False),
        sa.Column("tier", sa.Text),
        sa.Column("could_be", sa.Text),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("inputs_digest", sa.Text, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_assessments"),
        sa.UniqueConstraint("id", name="uq_assessments_id"),
    )
    op.create_index("ix_assessments_tier_created", "assessments", ["tier", "created"])
    op.create_index("ix_assessments_patient_facts", "assessments", ["patient", "facts"])
    op.create_index("ix_assessments_created", "assessments", ["created"])
    op.create_table(
        "cards",
        sa.Column("assessment", sa.Text, nullable=False),
        sa.Column("uuid", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("tier_rank", sa.Integer, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("assessment", "uuid", name="pk_cards"),
        sa.ForeignKeyConstraint(["assessment"], ["assessments.id"], name="fk_cards_assessments", ondelete="CASCADE"),
    )
    op.create_index("ix_cards_uuid", "cards", ["uuid"])
    op.create_table(
        "suggestions",
        sa.Column("assessment", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("uuid", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("assessment", "card", "uuid", name="pk_suggestions"),
        sa.ForeignKeyConstraint(
            ["assessment", "card"], ["cards.assessment", "cards.uuid"], name="fk_suggestions_cards", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_suggestions_uuid", "suggestions", ["uuid"])


def _reactions() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("accepted_suggestions", sa.JSON, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("reason_system", sa.Text),
        sa.Column("reason_display", sa.Text),
        sa.Column("comment", sa.Text),
        sa.Column("timestamp", _MOMENT, nullable=False),
        sa.Column("received", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_card", "feedback", ["card"])
    op.create_index("ix_feedback_received", "feedback", ["received"])
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("assessment", sa.Text, nullable=False),
        sa.Column("card", sa.Text),
        sa.Column("suggestion", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("comment", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.ForeignKeyConstraint(
            ["assessment"], ["assessments.id"], name="fk_decisions_assessments", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_decisions_assessment", "decisions", ["assessment"])


_APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{deed} BEFORE {deed} ON audit BEGIN SELECT RAISE(ABORT, 'audit is append only'); END"
        for deed in ("update", "delete")
    ],
    "postgresql": [
        """
        CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'audit is append only'; END $$
        """,
        """
        CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
        """,
    ],
}
