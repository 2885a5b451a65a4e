"""The wire: round trips, closed lists equal to the core's, strict requests and lenient answers."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, get_args

import msgspec
import pytest

import cantata.contract
from cantata.api import wire
from cantata.contract import states
from cantata.contract.applications import ApplicationDraft, ApplicationInfo
from cantata.contract.configs import ConfigEdit, ConfigFormat
from cantata.contract.errors import ErrorInfo, RemoteError, error_info
from cantata.core.authoring import WorkloadKind
from cantata.core.bundle import Extract
from cantata.core.config import ChangeKind, ImportKind, ValueType
from cantata.core.declaration import Outcome
from cantata.core.model import applications, drift, parity, plans, status, triggers
from cantata.core.model import states as core_states
from cantata.core.model.access import Role
from cantata.core.model.addresses import AddressKind
from cantata.core.model.adjustments import PatchType
from cantata.core.model.cards import CauseKind
from cantata.core.model.deletions import Also
from cantata.core.model.events import EventType
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.impact import Reach
from cantata.core.model.market import RepositoryKind
from cantata.core.model.objects import GVK, ObjectKey
from cantata.core.model.stored_plans import PlanState
from cantata.core.model.templates import Condition
from cantata.core.model.webhooks import DeliveryState, Notice
from cantata.core.model.where import PodHas
from cantata.core.pods import ContainerKind
from cantata.core.upgrade import Choice, ServiceFate, UpgradeKind
from cantata.core.versions import BumpPart
from cantata.errors import EXIT, CantataError, Category, Detail, Place

REQUESTS = ("Draft", "Edit", "Request", "Extends", "Rule")


def structs() -> list[type[msgspec.Struct]]:
    found = []
    for module in pkgutil.iter_modules(cantata.contract.__path__):
        members = vars(importlib.import_module(f"cantata.contract.{module.name}")).values()
        found += [
            member
            for member in members
            if isinstance(member, type)
            and issubclass(member, msgspec.Struct)
            and member.__module__.endswith(module.name)
        ]
    return found


@pytest.mark.parametrize("struct", structs(), ids=lambda struct: struct.__name__)
def test_names_are_camel_case_and_only_requests_refuse_unknown_fields(struct: type[msgspec.Struct]) -> None:
    config = struct.__struct_config__
    assert config.frozen
    assert all("_" not in name for name in struct.__struct_encode_fields__)
    assert config.forbid_unknown_fields == struct.__name__.endswith(REQUESTS)


@pytest.mark.parametrize(
    ("words", "enum"),
    [
        (states.ServiceState, core_states.ServiceState),
        (states.OperationState, applications.OperationState),
        (states.Also, Also),
        (states.DeliveryState, DeliveryState),
        (states.Notice, Notice),
        (states.EventType, EventType),
        (states.RevisionState, applications.RevisionState),
        (states.Verb, applications.Verb),
        (states.HealthState, core_states.HealthState),
        (states.PatchType, PatchType),
        (states.Action, plans.Action),
        (states.FoldReason, plans.FoldReason),
        (states.Condition, Condition),
        (states.UpgradeKind, UpgradeKind),
        (states.UpgradeChoice, Choice),
        (states.ServiceFate, ServiceFate),
        (states.BumpPart, BumpPart),
        (states.WorkloadKind, WorkloadKind),
        (states.PlanState, PlanState),
        (states.Reach, Reach),
        (states.PodHas, PodHas),
        (states.UpdatePolicy, applications.UpdatePolicy),
        (states.DriftPolicy, drift.DriftPolicy),
        (states.ContainerKind, ContainerKind),
        (states.ExtractPart, Extract),
        (states.Outcome, Outcome),
        (states.TriggerKind, triggers.TriggerKind),
        (states.RepositoryKind, RepositoryKind),
        (states.ImagePart, triggers.ImagePart),
        (states.CallState, triggers.CallState),
        (states.Role, Role),
        (states.ChangeKind, ChangeKind),
        (states.ValueType, ValueType),
        (states.CauseKind, CauseKind),
        (states.AddressKind, AddressKind),
    ],
    ids=lambda value: getattr(value, "__name__", "words"),
)
def test_words_on_the_wire_are_those_of_the_core(words: Any, enum: Any) -> None:
    assert list(get_args(words)) == [member.value for member in enum]


def test_severities_are_those_of_the_core() -> None:
    from cantata.contract.findings import Severity as OnTheWire

    assert list(get_args(OnTheWire)) == [member.value for member in Severity]


def test_formats_are_yaml_and_what_can_be_imported() -> None:
    assert list(get_args(ConfigFormat)) == ["yaml", *ImportKind]


APPLICATION = applications.Application(
    id="1",
    project="p",
    name="shop-dev",
    template="shop",
    template_version=None,
    config="dev",
    config_version=3,
    cluster="default",
    namespace="shop",
    release="shop",
    service_overrides={"web": "a: 1"},
    row_version=7,
)
OPERATION = applications.Operation(
    id="9",
    project="p",
    application_id="1",
    application="shop-dev",
    verb=applications.Verb.DEPLOY,
    state=applications.OperationState.RUNNING,
    services=("web",),
    author="me",
    cause="why",
)
KEY = ObjectKey("apps", "Deployment", "shop", "web")
GVK_ = GVK("apps", "v1", "Deployment")


def round_trip(info: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(info), type=type(info))


def test_an_application_status_crosses_the_wire() -> None:
    seen = status.ApplicationStatus(
        APPLICATION,
        core_states.ServiceState.PENDING,
        4,
        (
            status.ServiceStatus(
                "web", core_states.ServiceState.PENDING, blocked_by=("db",), images=("web:1",)
            ),
        ),
        OPERATION,
    )
    info = wire.status_info(seen)
    assert round_trip(info) == info
    assert (info.state, info.services[0].blocked_by, info.application.row_version) == ("pending", ("db",), 7)
    assert info.operation is not None
    assert (info.operation.application, info.operation.ended) == ("shop-dev", False)


def test_a_plan_crosses_the_wire() -> None:
    change = plans.FieldChange("spec.replicas", 1, None)
    item = plans.ObjectPlan(KEY, GVK_, plans.Action.UPDATE, changes=(change,))
    finding = Finding("duplicate-env", Severity.WARNING, "twice", line=3)
    plan = plans.Plan(
        "shop-dev",
        4,
        (plans.ServicePlan("web", (item,), rolls=True),),
        order=(("db",), ("web",)),
        hooks=(KEY,),
        findings=(finding,),
    )
    info = wire.plan_info(plan)
    assert round_trip(info) == info
    assert info.changed
    assert info.services[0].objects[0].key.kind == "Deployment"


def test_a_parity_crosses_the_wire() -> None:
    key = parity.KeyParity(
        key="db.port",
        origin="config dev@1",
        line=3,
        secret=False,
        variable=parity.VariableRendering("number", 5432, "5432"),
        text="05432",
        environment=(parity.EnvironmentRendering("web", "DB_PORT"),),
        files=(parity.FileRendering("web", "/etc/all.yaml", "yaml"),),
        flags=(parity.Flag("retyped", Severity.WARNING, "why"),),
    )
    finding = Finding("mount-shadowed", Severity.WARNING, "there is one")
    info = wire.parity_info("shop-dev", [parity.ServiceParity("web", (key,), (finding,))])
    assert round_trip(info) == info
    assert info.services[0].keys[0].files[0].format == "yaml"
    assert info.services[0].keys[0].flags[0].severity == "warning"


def test_a_draft_reaches_the_core_whole() -> None:
    draft = ApplicationDraft(
        name="a", template="t", config="c", service_overrides={"web": "x: 1"}, delivery="web: []"
    )
    core = wire.application_draft(round_trip(draft), None, None)
    assert msgspec.structs.asdict(core) == msgspec.structs.asdict(draft)


def test_an_edit_tells_no_parent_from_the_same_parent() -> None:
    def extends(body: bytes) -> Any:
        return msgspec.json.decode(body, type=ConfigEdit).extends

    assert extends(b'{"text": ""}') is msgspec.UNSET
    assert extends(b'{"text": "", "extends": null}') is None


def test_an_older_client_reads_a_newer_answer() -> None:
    body = msgspec.json.encode({**msgspec.to_builtins(wire.application_info(APPLICATION)), "later": 1})
    assert msgspec.json.decode(body, type=ApplicationInfo).name == "shop-dev"


@pytest.mark.parametrize("category", Category)
def test_an_error_is_the_same_on_the_other_side(category: Category) -> None:
    class ConfigInvalid(CantataError):
        pass

    ConfigInvalid.category = category
    error = ConfigInvalid(
        "it is wrong",
        subject="config a",
        hint="do it right",
        place=Place("a.yaml", 3, 4, "db.host"),
        details=[Detail("one", Place(line=1)), Detail("two")],
    )
    body = msgspec.json.encode(error_info(error))
    remote = RemoteError(msgspec.json.decode(body, type=ErrorInfo))
    assert (remote.code, remote.category, str(remote)) == ("ConfigInvalid", category, str(error))
    assert (remote.subject, remote.hint) == (error.subject, error.hint)
    assert (remote.place, remote.details) == (error.place, error.details)
    assert EXIT[remote.category] == EXIT[category]
    assert error_info(remote) == error_info(error)
