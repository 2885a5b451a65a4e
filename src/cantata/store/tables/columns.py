"""What tables are made of: types of columns, keys, owners."""

from __future__ import annotations

import enum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class Json(TypeDecorator[Any]):
    """A value of a known type as JSON text."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        return self._decode(value)


class Word(TypeDecorator[Any]):
    """A member of a closed list, as its word."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, words: type[enum.StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return self.words(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> enum.StrEnum:  # noqa: ARG002
        return self.words(value)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def column(name: str, type_: Any = TEXT, *constraints: Any, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, type_, *constraints, nullable=null)


def key(name: str, type_: Any = TEXT, *constraints: Any) -> sa.Column[Any]:
    return sa.Column(name, type_, *constraints, primary_key=True, nullable=False)


def project_column() -> sa.Column[Any]:
    return column("project", TEXT, sa.ForeignKey("projects.name"))


def owner(name: str, target: str) -> sa.Column[Any]:
    """The row goes with its owner."""
    return column(name, TEXT, sa.ForeignKey(target, ondelete="CASCADE"))
