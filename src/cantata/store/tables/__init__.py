"""All tables. Columns stand in the order of the fields of the noun's struct, so that a row becomes one by
`Struct(*row)`; a column that the struct lacks stands last.

Foreign keys use ids. Texts sort by code point on both databases, since cursors compare names. What is queried
has its own column; the rest is JSON by msgspec. Addresses of blobs stand in `template_versions.archive`,
`market_publications.archive`, `clusters.credentials`, `revisions.extras`, `revisions.inputs`, `plans.shown`
and in the JSON of `revisions.services` and `plans.draft`.
"""

from cantata.store.tables.application import (
    applications,
    clusters,
    drift,
    holds,
    ill,
    inventory,
    outdated,
    reviews,
    revisions,
)
from cantata.store.tables.columns import metadata
from cantata.store.tables.config import config_entries, config_tags, config_versions, configs
from cantata.store.tables.event import events, streams, webhook_deliveries, webhook_progress, webhooks
from cantata.store.tables.market import (
    market_access,
    market_charts,
    market_imports,
    market_publications,
    market_repositories,
    market_versions,
)
from cantata.store.tables.operation import journal, leases, milestones, operations, plans
from cantata.store.tables.project import audit, idempotency, policies, projects, tokens
from cantata.store.tables.sealed import blobs, data_keys, secrets
from cantata.store.tables.template import template_versions, templates
from cantata.store.tables.trigger import trigger_calls, trigger_deliveries, triggers

__all__ = [
    "applications",
    "audit",
    "blobs",
    "clusters",
    "config_entries",
    "config_tags",
    "config_versions",
    "configs",
    "data_keys",
    "drift",
    "events",
    "holds",
    "idempotency",
    "ill",
    "inventory",
    "journal",
    "leases",
    "market_access",
    "market_charts",
    "market_imports",
    "market_publications",
    "market_repositories",
    "market_versions",
    "metadata",
    "milestones",
    "operations",
    "outdated",
    "plans",
    "policies",
    "projects",
    "reviews",
    "revisions",
    "secrets",
    "streams",
    "template_versions",
    "templates",
    "tokens",
    "trigger_calls",
    "trigger_deliveries",
    "triggers",
    "webhook_deliveries",
    "webhook_progress",
    "webhooks",
]
