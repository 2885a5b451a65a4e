"""The first tables, and the project `default`."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    create_projects_and_keys()
    create_configs()
    create_templates()
    create_applications()
    create_operations()
    create_access()


def create_projects_and_keys() -> None:
    projects = op.create_table(
        "projects",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_projects"),
    )
    at = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    op.bulk_insert(projects, [{"name": "default", "created_at": at}])
    op.create_table(
        "data_keys",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_data_keys"),
    )
    op.create_table(
        "blobs",
        sa.Column("address", TEXT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_blobs"),
    )
    op.create_table(
        "secrets",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_secrets_project"),
        sa.PrimaryKeyConstraint("id", name="pk_secrets"),
    )


def create_configs() -> None:
    op.create_table(
        "configs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_configs_project"),
        sa.PrimaryKeyConstraint("id", name="pk_configs"),
        sa.UniqueConstraint("project", "name", name="uq_configs_project_name"),
    )
    op.create_table(
        "config_versions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("config_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("extends_config", TEXT, nullable=True),
        sa.Column("extends_version", sa.Integer(), nullable=True),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["config_id"], ["configs.id"], name="fk_config_versions_config_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_config_versions"),
        sa.UniqueConstraint("config_id", "number", name="uq_config_versions_config_id_number"),
    )
    op.create_index("ix_config_versions_extends_config", "config_versions", ["extends_config"], unique=False)


def create_templates() -> None:
    op.create_table(
        "templates",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_templates_project"),
        sa.PrimaryKeyConstraint("id", name="pk_templates"),
        sa.UniqueConstraint("project", "name", name="uq_templates_project_name"),
    )
    op.create_table(
        "template_versions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("template_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("chart", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("archive", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"], ["templates.id"], name="fk_template_versions_template_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_template_versions"),
        sa.UniqueConstraint("template_id", "number", name="uq_template_versions_template_id_number"),
    )
    op.create_index("ix_template_versions_digest", "template_versions", ["digest"], unique=False)


def create_applications() -> None:
    op.create_table(
        "clusters",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("server", TEXT, nullable=False),
        sa.Column("credentials", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_clusters_project"),
        sa.PrimaryKeyConstraint("id", name="pk_clusters"),
        sa.UniqueConstraint("project", "name", name="uq_clusters_project_name"),
    )
    op.create_table(
        "applications",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("template_id", TEXT, nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=True),
        sa.Column("config_id", TEXT, nullable=True),
        sa.Column("config_version", sa.Integer(), nullable=True),
        sa.Column("cluster_id", TEXT, nullable=False),
        sa.Column("namespace", TEXT, nullable=False),
        sa.Column("release", TEXT, nullable=False),
        sa.Column("create_namespace", sa.Boolean(), nullable=False),
        sa.Column("overrides", TEXT, nullable=False),
        sa.Column("service_overrides", sa.Text(), nullable=False),
        sa.Column("assignments", sa.Text(), nullable=False),
        sa.Column("deleting", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["clusters.id"], name="fk_applications_cluster_id"),
        sa.ForeignKeyConstraint(["config_id"], ["configs.id"], name="fk_applications_config_id"),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_applications_project"),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name="fk_applications_template_id"),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
        sa.UniqueConstraint(
            "namespace", "release", "cluster_id", name="uq_applications_namespace_release_cluster_id"
        ),
        sa.UniqueConstraint("project", "name", name="uq_applications_project_name"),
    )
    op.create_index("ix_applications_cluster_id", "applications", ["cluster_id"], unique=False)
    op.create_index("ix_applications_config_id", "applications", ["config_id"], unique=False)
    op.create_index("ix_applications_template_id", "applications", ["template_id"], unique=False)
    op.create_table(
        "inventory",
        sa.Column("application_id", TEXT, nullable=False),
        sa.Column("group", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("namespace", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.Column("desired", TEXT, nullable=False),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("resource_version", TEXT, nullable=False),
        sa.Column("immutable", TEXT, nullable=False),
        sa.Column("hook", sa.Boolean(), nullable=False),
        sa.Column("keep", sa.Boolean(), nullable=False),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_inventory_application_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", "group", "kind", "namespace", "name", name="pk_inventory"),
    )
    op.create_table(
        "revisions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("application_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("operation_id", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("extras", TEXT, nullable=False),
        sa.Column("notes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_revisions_application_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.UniqueConstraint("application_id", "number", name="uq_revisions_application_id_number"),
    )


def create_operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("application_id", TEXT, nullable=False),
        sa.Column("application", TEXT, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("cause", TEXT, nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("ended_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_operations_project"),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
    )
    op.create_index("ix_operations_application_id_id", "operations", ["application_id", "id"], unique=False)
    op.create_index("ix_operations_project_id", "operations", ["project", "id"], unique=False)
    op.create_index("ix_operations_state", "operations", ["state"], unique=False)
    op.create_table(
        "journal",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("operation_id", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["operations.id"], name="fk_journal_operation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_journal"),
        sa.UniqueConstraint("operation_id", "step", name="uq_journal_operation_id_step"),
    )
    op.create_table(
        "streams",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_streams"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["streams.name"], name="fk_events_stream", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream", "id", name="pk_events"),
    )
    op.create_table(
        "leases",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def create_access() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_tokens_project"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
        sa.UniqueConstraint("project", "name", name="uq_tokens_project_name"),
    )
    op.create_table(
        "audit",
        sa.Column("at", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("noun", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_project_id", "audit", ["project", "id"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("project", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("request", TEXT, nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("project", "key", name="pk_idempotency"),
    )
