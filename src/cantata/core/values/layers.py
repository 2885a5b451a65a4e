"""One layer of values."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from cantata.core.config.secrets import SecretText
from cantata.core.model.charts import YamlDocument


class LayerKind(enum.StrEnum):
    """Where values come from, each over the ones before."""

    CHART = "chart"
    PARENT = "parent"
    CONFIG = "config"
    APPLICATION = "application"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Layer:
    """`label` names it for people (`config shop-dev@3`); `secrets` holds the resolved values of its `!secret`
    scalars by path."""

    kind: LayerKind
    label: str
    document: YamlDocument
    secrets: Mapping[tuple[str, ...], SecretText] = field(default_factory=dict)
