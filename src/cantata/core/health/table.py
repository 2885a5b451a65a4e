"""From kind to rule. A kind that is not listed is judged by its conditions."""

from __future__ import annotations

from collections.abc import Callable

from cantata.core.health.health import Health
from cantata.core.health.kinds.api_service import observe_api_service
from cantata.core.health.kinds.cron_job import observe_cron_job
from cantata.core.health.kinds.custom_resource_definition import observe_custom_resource_definition
from cantata.core.health.kinds.daemon_set import observe_daemon_set
from cantata.core.health.kinds.deployment import observe_deployment
from cantata.core.health.kinds.horizontal_pod_autoscaler import observe_horizontal_pod_autoscaler
from cantata.core.health.kinds.ingress import observe_ingress
from cantata.core.health.kinds.job import observe_job
from cantata.core.health.kinds.namespace import observe_namespace
from cantata.core.health.kinds.persistent_volume_claim import observe_persistent_volume_claim
from cantata.core.health.kinds.pod import observe_pod
from cantata.core.health.kinds.pod_disruption_budget import observe_pod_disruption_budget
from cantata.core.health.kinds.replica_set import observe_replica_set
from cantata.core.health.kinds.service import observe_service
from cantata.core.health.kinds.stateful_set import observe_stateful_set
from cantata.core.health.kinds.unknown import observe_unknown
from cantata.core.health.reading import Live, Unreadable, read_head
from cantata.core.model.states import HealthState

Rule = Callable[[Live], Health]

WORKLOADS: dict[tuple[str, str], Rule] = {
    ("apps", "Deployment"): observe_deployment,
    ("apps", "StatefulSet"): observe_stateful_set,
    ("apps", "DaemonSet"): observe_daemon_set,
    ("apps", "ReplicaSet"): observe_replica_set,
    ("", "ReplicationController"): observe_replica_set,
    ("batch", "Job"): observe_job,
    ("batch", "CronJob"): observe_cron_job,
    ("", "Pod"): observe_pod,
}
"""Kinds that run pods: a service is as ready as its workload."""

OTHERS: dict[tuple[str, str], Rule] = {
    ("", "Namespace"): observe_namespace,
    ("", "PersistentVolumeClaim"): observe_persistent_volume_claim,
    ("", "Service"): observe_service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): observe_custom_resource_definition,
    ("apiregistration.k8s.io", "APIService"): observe_api_service,
    ("autoscaling", "HorizontalPodAutoscaler"): observe_horizontal_pod_autoscaler,
    ("extensions", "Ingress"): observe_ingress,
    ("networking.k8s.io", "Ingress"): observe_ingress,
    ("policy", "PodDisruptionBudget"): observe_pod_disruption_budget,
}

RULES: dict[tuple[str, str], Rule] = {**WORKLOADS, **OTHERS}


def observe_health(live: Live) -> Health:
    """The health of one live object, read from this object alone. Never raises: what cannot be read is
    `unknown`, with the field that has the wrong type in the message."""
    try:
        head = read_head(live)
        rule = RULES.get((head.key.group, head.kind), observe_unknown)
        if head.metadata.deletion_timestamp and rule is not observe_namespace:
            health = rule(live)
            # How a Job ended holds: its time to live may take it in the same moment.
            if rule is observe_job and (health.completed or health.state is HealthState.FAILED):
                return health
            return Health(HealthState.DELETING, waits_for(head.metadata.finalizers))
        return rule(live)
    except Unreadable as error:
        return Health(HealthState.UNKNOWN, error.message)


def waits_for(finalizers: tuple[str, ...]) -> str:
    return f"waits for {', '.join(finalizers)}" if finalizers else ""
