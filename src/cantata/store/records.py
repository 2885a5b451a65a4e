"""Everything in the store, inside one transaction."""

from __future__ import annotations

from cantata.store.access import SqlAccess
from cantata.store.applications import SqlApplications
from cantata.store.blobs import SqlBlobs
from cantata.store.clusters import SqlClusters
from cantata.store.configs import SqlConfigs
from cantata.store.drift import SqlDrift
from cantata.store.events import SqlEvents
from cantata.store.health import SqlHealth
from cantata.store.holds import SqlHolds
from cantata.store.idempotency import SqlIdempotency
from cantata.store.inventory import SqlInventory
from cantata.store.leases import SqlLeases
from cantata.store.market import SqlMarket
from cantata.store.operations import SqlOperations
from cantata.store.plans import SqlPlans, SqlPolicies
from cantata.store.publications import SqlPublications
from cantata.store.reviews import SqlReviews
from cantata.store.revisions import SqlRevisions
from cantata.store.secrets import SqlSecrets
from cantata.store.templates import SqlTemplates
from cantata.store.transaction import Transaction
from cantata.store.triggers import SqlTriggers
from cantata.store.webhooks import SqlWebhooks


class SqlRecords:
    """The port's `Records`."""

    def __init__(self, transaction: Transaction) -> None:
        self.blobs = SqlBlobs(transaction)
        self.configs = SqlConfigs(transaction)
        self.secrets = SqlSecrets(transaction)
        self.templates = SqlTemplates(transaction, self.blobs)
        self.applications = SqlApplications(transaction)
        self.reviews = SqlReviews(transaction)
        self.drift = SqlDrift(transaction)
        self.health = SqlHealth(transaction)
        self.triggers = SqlTriggers(transaction)
        self.inventory = SqlInventory(transaction)
        self.revisions = SqlRevisions(transaction)
        self.operations = SqlOperations(transaction)
        self.holds = SqlHolds(transaction)
        self.plans = SqlPlans(transaction, self.blobs)
        self.policies = SqlPolicies(transaction)
        self.events = SqlEvents(transaction)
        self.leases = SqlLeases(transaction)
        self.clusters = SqlClusters(transaction)
        self.access = SqlAccess(transaction)
        self.webhooks = SqlWebhooks(transaction)
        self.market = SqlMarket(transaction)
        self.publications = SqlPublications(transaction, self.blobs)
        self.idempotency = SqlIdempotency(transaction)
