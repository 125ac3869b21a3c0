"""The tables, as the newest migration leaves them."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)

REVISION = "0003"
"""The newest migration. Revisions count up, so an older database compares as less."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for no time at all where rows are ordered by time: databases do not agree on where nothing belongs."""


class Moment(TypeDecorator[datetime]):
    """A point in time: UTC in the database, aware in Python. ISO text, as the spool keeps it, is taken too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        """SQLite keeps no zone, so it is handed UTC without one."""
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        return value.replace(tzinfo=None) if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Both databases give UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def _sequence() -> Column[int]:
    """The order in which rows came; what a reader has seen up to."""
    return Column("sequence", BigInteger().with_variant(Integer(), "sqlite"), Identity(), primary_key=True)


_PLACE = ("superseded", "in_scope", "status", "tier_order", "due", "sequence")
_LINE = (
    *("id", "created", "service", "client", "tier", "could_be", "version", "patient", "patient_name", "sought_name"),
    *("birth_date", "age_years", "sex", "side", "pathways", "headline", "assignee"),
)

assessments = Table(
    "assessments",
    metadata,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    Column("created", Moment, nullable=False),
    Column("service", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("hook_instance", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("patient", Text),
    Column("encounter", Text),
    Column("knowledge_version", Text, nullable=False),
    Column("knowledge_digest", Text, nullable=False),
    Column("in_scope", Boolean, nullable=False),
    Column("tier", Text),
    Column("could_be", Text),
    Column("facts", Text, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("inputs_digest", Text, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    # An older version may still write here: hence defaults of the database's own.
    Column("status", Text, nullable=False, default="open", server_default="open"),
    Column("version", Integer, nullable=False, default=1, server_default="1"),
    # The rank of the tier, negative, so that all columns of the worklist rise; what has no tier comes last.
    Column("tier_order", Integer, nullable=False, default=1, server_default="1"),
    Column("due", Moment, nullable=False, default=NEVER, server_default=NEVER.isoformat(" ")),
    Column("idempotency_key", Text),
    Column("request_digest", Text),
    # What the worklist shows and filters by, so that it need not read the documents. Names only where ids are kept.
    Column("patient_name", Text),
    Column("sought_name", Text),  # the same as it is looked for, without capitals and accents
    Column("birth_date", Text),
    Column("age_years", Float),
    Column("sex", Text),
    Column("side", Text),
    Column("pathways", Text, nullable=False, default="", server_default=""),  # " deep-vein-thrombosis calf-strain "
    Column("headline", Text, nullable=False, default="", server_default=""),
    Column("assignee", Text),
    Column("follows", Text),
    # A later one speaks for it: of the same patient or following it, and at least as urgent.
    Column("superseded", Boolean, nullable=False, default=False, server_default=false()),
    Index(None, "follows"),
    Index(None, "assignee"),
    Index(None, "tier", "created"),
    Index(None, "patient", "facts"),
    Index(None, "created"),
    Index(None, "client", "sequence"),
    Index(None, "status", "sequence"),
    Index("ix_assessments_worklist", *_PLACE),
    # SQLite finds what stands behind a document only by reading the document: with this it need not.
    Index("ix_assessments_lines", *_PLACE, *_LINE).ddl_if(dialect="sqlite"),
    Index("ix_assessments_client_patient_sequence", "client", "patient", "sequence"),
    Index(
        "uq_assessments_client_idempotency_key",
        "client",
        "idempotency_key",
        unique=True,
        sqlite_where=text("idempotency_key IS NOT NULL"),  # the few that have one
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
)

# The same card is sent again while the facts stay the same, so its uuid alone names no row.
cards = Table(
    "cards",
    metadata,
    Column("assessment", Text, ForeignKey("assessments.id", ondelete="CASCADE"), primary_key=True),
    Column("uuid", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("tier_rank", Integer, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("rules", JSON, nullable=False),
    Index(None, "uuid"),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("assessment", Text, primary_key=True),
    Column("card", Text, primary_key=True),
    Column("uuid", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    ForeignKeyConstraint(["assessment", "card"], ["cards.assessment", "cards.uuid"], ondelete="CASCADE"),
    Index(None, "uuid"),
)

# No foreign key: a client may speak of a card that we have forgotten, or that waits in the spool of another machine.
feedback = Table(
    "feedback",
    metadata,
    Column("id", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("accepted_suggestions", JSON, nullable=False),
    Column("reason_code", Text),
    Column("reason_system", Text),
    Column("reason_display", Text),
    Column("comment", Text),
    Column("timestamp", Moment, nullable=False),
    Column("received", Moment, nullable=False),
    Index(None, "card"),
    Index(None, "received"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("assessment", Text, ForeignKey("assessments.id", ondelete="CASCADE"), nullable=False),
    Column("card", Text),
    Column("suggestion", Text),
    Column("order_id", Text),
    Column("action", Text, nullable=False),
    Column("reason_code", Text),
    Column("comment", Text),
    Column("assignee", Text),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("version", Integer, nullable=False, default=0, server_default="0"),
    Index(None, "assessment"),
    Index("uq_decisions_assessment_version", "assessment", "version", unique=True),
)

# What others are told. A notice that is being delivered is not tried again before `next_try`; that is its lease.
notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("assessment", Text, ForeignKey("assessments.id", ondelete="CASCADE"), nullable=False),
    Column("webhook", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("state", Text, nullable=False, default="waiting"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", Moment, nullable=False),
    Index(None, "assessment"),
    Index(None, "state", "webhook", "next_try"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("revoked", Moment),
)

# Triggers of the migration let nobody change or delete a row.
audit = Table(
    "audit",
    metadata,
    _sequence(),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("role", Text),
    Column("address", Text),
    Column("outcome", Text, nullable=False, default="success", server_default="success"),
    Index(None, "at"),
    Index(None, "subject", "sequence"),
)

# Clinicians. `client` bounds what a user sees to what one caller sent; `subject` names them at the single sign-on.
users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("client", Text),
    Column("password", Text),
    Column("subject", Text, unique=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
    Column("created", Moment, nullable=False),
    Column("disabled", Moment),
)

# One-time links: to set a first or a new password.
links = Table(
    "links",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("used", Moment),
    Index(None, "user"),
)

# `patient` bounds a session to one patient, as an EHR that launched it asks; `secrets` is sealed.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("client", Text),
    Column("patient", Text),
    Column("secrets", Text),
    Index(None, "user"),
    Index(None, "expires"),
)

# What this site switched off and on again; of each pathway the last row holds.
switches = Table(
    "switches",
    metadata,
    _sequence(),
    Column("pathway", Text, nullable=False),
    Column("off", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "pathway", "sequence"),
)

# How often hooks fired and how often they had something to say; of a silent answer nothing else is kept.
calls = Table(
    "calls",
    metadata,
    Column("day", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("calls", Integer, nullable=False, default=0),
    Column("silent", Integer, nullable=False, default=0),
    Column("cards", Integer, nullable=False, default=0),
)

token_ids = Table(
    "token_ids",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("expires", Moment, nullable=False),
    Index(None, "expires"),
)
