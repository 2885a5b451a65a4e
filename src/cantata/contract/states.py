"""The closed lists of words on the wire; a test holds them equal to the core's enums."""

from __future__ import annotations

from typing import Literal

ServiceState = Literal[
    "not_deployed",
    "pending",
    "progressing",
    "ready",
    "degraded",
    "failed",
    "paused",
    "deleting",
    "unknown",
]
OperationState = Literal["queued", "running", "succeeded", "failed", "cancelled", "superseded"]
Also = Literal["claims", "namespace"]
EventType = Literal[
    "operation",
    "service",
    "object",
    "hook",
    "warning",
    "waiting",
    "failure",
    "collected",
    "degraded",
    "recovered",
    "drifted",
    "reverted",
    "forgotten",
    "gap",
]
DeliveryState = Literal["queued", "delivered", "failed"]
Told = Literal["deployed", "failed", "degraded", "recovered", "drifted"]
"""What a webhook can be asked to tell."""
Notice = Literal[Told, "test"]
RevisionState = Literal["open", "deployed", "failed", "superseded"]
Verb = Literal[
    "deploy", "rollback", "restart", "scale", "pause", "resume", "undeploy", "delete", "revert", "test"
]
HealthState = Literal["ready", "progressing", "degraded", "failed", "paused", "deleting", "unknown"]
PatchType = Literal["json", "strategic"]
Action = Literal["create", "update", "recreate", "delete", "unchanged", "keep"]
PlanState = Literal["open", "applied", "expired"]
FoldReason = Literal["defaults", "rewritten", "controllers", "autoscaler", "names"]
Reach = Literal["changed", "unchanged", "pinned", "not_deployed", "failed"]
PodHas = Literal["current", "stale", "unknown"]
RepositoryKind = Literal["http", "oci", "folder"]
TriggerKind = Literal["generic", "github", "gitlab", "gitea", "harbor", "dockerhub", "distribution"]
ImagePart = Literal["tag", "digest", "reference", "commit"]
CallState = Literal["queued", "applied", "unchanged", "ignored", "failed"]
UpdatePolicy = Literal["manual", "auto"]
DriftPolicy = Literal["report", "revert"]
UpgradeKind = Literal["conflict", "same", "orphaned", "changed", "added", "removed"]
UpgradeChoice = Literal["take", "keep", "set"]
ServiceFate = Literal["new", "removed", "renamed"]
Condition = Literal["started", "ready", "completed"]
ExtractPart = Literal["image", "replicas", "resources", "hosts", "env"]
"""What an import can make a value of."""
ExtractedPart = Literal[ExtractPart, "secret"]
Outcome = Literal["created", "changed", "unchanged", "pruned"]
Role = Literal["viewer", "editor", "operator", "admin"]
ChangeKind = Literal["added", "removed", "changed"]
ValueType = Literal["string", "integer", "number", "boolean", "null", "list", "map"]

ContainerKind = Literal["main", "init", "ephemeral"]
AddressKind = Literal["ingress", "route", "load_balancer", "node_port", "external_name", "in_cluster"]
CauseKind = Literal[
    "image_pull",
    "pull_secret",
    "crash_loop",
    "out_of_memory",
    "container_failed",
    "container_start",
    "missing_reference",
    "volume",
    "mount",
    "unschedulable",
    "probe",
    "quota",
    "limit_range",
    "admission",
    "job_failed",
    "progress_deadline",
    "pod_failed",
    "invalid",
    "immutable_field",
    "conflict",
    "forbidden",
    "namespace_missing",
    "namespace_terminating",
    "kind_missing",
    "api_removed",
    "cluster_unreachable",
    "stuck",
    "other",
]
BumpPart = Literal["patch", "minor", "major"]
Bump = Literal[BumpPart, "none"]
WorkloadKind = Literal["deployment", "statefulset", "job", "cronjob"]
