"""Variables of templates and applications: from the core's model to the wire."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cantata.actions.variables import ServiceVariables, TemplateVariables
from cantata.api.wire import finding_info
from cantata.contract.variables import (
    ApplicationVariablesInfo,
    ServiceVariablesInfo,
    SpotInfo,
    TemplateVariablesInfo,
    UnknownInfo,
    VariableInfo,
)
from cantata.core.config import MASK
from cantata.core.model.variables import Spot, Unknown
from cantata.core.values import LayerKind, Leaf
from cantata.core.variables import Use


def variable_info(use: Use, readers: tuple[str, ...] = ()) -> VariableInfo:
    """What is set over the chart's default counts; both are masked already."""
    variable, leaf = use.variable, use.leaf
    if variable is not None and _is_secret_default(leaf):
        variable = msgspec.structs.replace(variable, default=MASK)
    info = VariableInfo(
        key=use.key,
        path=use.path,
        how=use.how.value,
        defined=use.defined,
        fallback=use.fallback,
        required=use.required,
        dynamic=use.dynamic,
        places=tuple(map(_spot_info, use.places)),
        readers=readers,
    )
    if variable is not None:
        info = msgspec.structs.replace(
            info,
            value=None if variable.default is msgspec.UNSET else variable.default,
            origin=variable.file,
            line=variable.line,
            default=variable.default,
            type=variable.type,
            title=variable.title,
            description=variable.description,
        )
    if leaf is not None:
        exact = leaf.path == use.path
        info = msgspec.structs.replace(
            info,
            value=leaf.value if exact else None,
            origin=leaf.origin.layer,
            line=leaf.origin.line,
            secret=leaf.secret,
        )
    return info


def _is_secret_default(leaf: Leaf | None) -> bool:
    """Whether the chart itself marks its value as a secret."""
    while leaf is not None and leaf.origin.kind is not LayerKind.CHART:
        leaf = leaf.overrides
    return leaf is not None and leaf.secret


def _spot_info(spot: Spot) -> SpotInfo:
    return SpotInfo(spot.file, spot.line)


def _unknown_info(unknown: Unknown) -> UnknownInfo:
    return UnknownInfo(unknown.file, unknown.line, ".".join(unknown.path), unknown.reason)


def template_variables_info(name: str, found: TemplateVariables) -> TemplateVariablesInfo:
    readers: Mapping[tuple[str, ...], tuple[str, ...]] = found.readers
    return TemplateVariablesInfo(
        template=name,
        number=found.version.number,
        variables=tuple(variable_info(use, readers.get(use.path, ())) for use in found.uses),
        unknown=tuple(map(_unknown_info, found.unknown)),
        mutates=tuple(map(_spot_info, found.mutates)),
        findings=tuple(map(finding_info, found.findings)),
    )


def application_variables_info(name: str, services: tuple[ServiceVariables, ...]) -> ApplicationVariablesInfo:
    return ApplicationVariablesInfo(
        application=name,
        services=tuple(
            ServiceVariablesInfo(
                service=each.service,
                files=each.files,
                variables=tuple(map(variable_info, each.uses)),
                unknown=tuple(map(_unknown_info, each.unknown)),
                opened=each.opened,
            )
            for each in services
        ),
    )
