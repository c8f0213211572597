"""What a repair was to mend, and what shadow mode left undone"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("repairs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("finding", sa.String(length=200), server_default="", nullable=False))
    op.create_table(
        "shadows",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("approval_id", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("thread", sa.String(length=400), nullable=False),
        sa.Column("by_itself", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("namespace", sa.String(length=253), nullable=False),
        sa.Column("target", sa.String(length=600), nullable=False),
        sa.Column("finding", sa.String(length=200), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadows")),
    )
    for column in ("approval_id", "at", "verdict"):
        op.create_index(op.f(f"ix_shadows_{column}"), "shadows", [column])


def downgrade() -> None:
    op.drop_table("shadows")
    with op.batch_alter_table("repairs", schema=None) as batch_op:
        batch_op.drop_column("finding")
