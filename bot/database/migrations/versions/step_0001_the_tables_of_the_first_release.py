"""The tables of the first release."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("thread", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approvals_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_approvals_thread"), ["thread"], unique=False)

    op.create_table(
        "cases",
        sa.Column("thread", sa.String(length=400), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("thread", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_id"), ["id"], unique=False)

    op.create_table(
        "executions",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("approval_id", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("aftermath", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executions")),
    )
    with op.batch_alter_table("executions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_executions_approval_id"), ["approval_id"], unique=False)

    op.create_table(
        "files_uploaded",
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_files_uploaded")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("lane", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("key", name=op.f("uq_inbox_key")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_waiting", ["done_at", "id"], unique=False)

    op.create_table(
        "incident_alerts",
        sa.Column("incident", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=400), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "fingerprint", name=op.f("pk_incident_alerts")),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incidents_open"), ["open"], unique=False)

    op.create_table(
        "leases",
        sa.Column("id", sa.String(length=400), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
    )
    op.create_table(
        "marks",
        sa.Column("id", sa.String(length=600), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
    )
    op.create_table(
        "offered_plans",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("offered", sa.Float(), nullable=False),
        sa.Column("claimed", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offered_plans")),
    )
    with op.batch_alter_table("offered_plans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offered_plans_digest"), ["digest"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("slot", sa.String(length=400), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=400), nullable=False),
        sa.Column("given_up", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_outbox")),
    )
    op.create_table(
        "repairs",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("target", sa.String(length=600), nullable=False),
        sa.Column("namespace", sa.String(length=253), nullable=False),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repairs")),
    )
    with op.batch_alter_table("repairs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repairs_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_repairs_target"), ["target"], unique=False)

    op.create_table(
        "threads",
        sa.Column("ours", sa.String(length=400), nullable=False),
        sa.Column("named", sa.String(length=2000), nullable=False),
        sa.Column("theirs", sa.String(length=400), nullable=False),
        sa.Column("placed", sa.String(length=2000), nullable=False),
        sa.PrimaryKeyConstraint("ours", name=op.f("pk_threads")),
        sa.UniqueConstraint("theirs", name=op.f("uq_threads_theirs")),
    )
    op.create_table(
        "threads_joined",
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_threads_joined")),
    )
    op.create_table(
        "web_entries",
        sa.Column("slot", sa.String(length=400), nullable=False),
        sa.Column("thread", sa.String(length=80), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_web_entries")),
    )
    with op.batch_alter_table("web_entries", schema=None) as batch_op:
        batch_op.create_index("ix_web_entries_seq", ["thread", "seq"], unique=False)
        batch_op.create_index("ix_web_entries_thread", ["thread", "position"], unique=False)

    op.create_table(
        "web_sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_sessions")),
    )
    op.create_table(
        "web_threads",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("workspace", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("said", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_threads")),
    )
    with op.batch_alter_table("web_threads", schema=None) as batch_op:
        batch_op.create_index("ix_web_threads_seq", ["seq"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("web_threads", schema=None) as batch_op:
        batch_op.drop_index("ix_web_threads_seq")

    op.drop_table("web_threads")
    op.drop_table("web_sessions")
    with op.batch_alter_table("web_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_web_entries_thread")
        batch_op.drop_index("ix_web_entries_seq")

    op.drop_table("web_entries")
    op.drop_table("threads_joined")
    op.drop_table("threads")
    with op.batch_alter_table("repairs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repairs_target"))
        batch_op.drop_index(batch_op.f("ix_repairs_at"))

    op.drop_table("repairs")
    op.drop_table("outbox")
    with op.batch_alter_table("offered_plans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offered_plans_digest"))

    op.drop_table("offered_plans")
    op.drop_table("marks")
    op.drop_table("leases")
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incidents_open"))

    op.drop_table("incidents")
    op.drop_table("incident_alerts")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_waiting")

    op.drop_table("inbox")
    op.drop_table("files_uploaded")
    with op.batch_alter_table("executions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_executions_approval_id"))

    op.drop_table("executions")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_id"))

    op.drop_table("cases")
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approvals_thread"))
        batch_op.drop_index(batch_op.f("ix_approvals_state"))

    op.drop_table("approvals")
