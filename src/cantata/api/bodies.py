"""Bodies are decoded strictly: no unknown field, no text for a number."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from cantata.api.errors import SEE_SCHEMA, RequestInvalid
from cantata.errors import Place

PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
FIELD = re.compile(r"(?:unknown|required) field `(?P<field>[^`]*)`")


class StrictBody(AbstractDTO[Any]):
    """Decodes the `data` of a route into its annotated type as it is written.

    The framework by itself would turn `"5"` into `5` and name no field.
    """

    def decode_bytes(self, value: bytes) -> Any:
        """Raises `RequestInvalid` with the key path of the trouble."""
        field = self.asgi_connection.route_handler.parsed_data_field
        try:
            return msgspec.json.decode(value, type=field.annotation if field else Any)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _invalid(error) from error

    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Nothing is generated: the annotated type is the schema."""

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,  # noqa: ARG003  # The framework's signature, here and below.
        schema_creator: SchemaCreator,
    ) -> Reference | Schema:
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(
        cls,
        model_type: type[Any],  # noqa: ARG003
    ) -> Generator[DTOFieldDefinition, None, None]:
        yield from ()

    @classmethod
    def detect_nested_field(
        cls,
        field_definition: FieldDefinition,  # noqa: ARG003
    ) -> bool:
        return False


def _invalid(error: Exception) -> RequestInvalid:
    text = str(error)
    path = PATH.search(text)
    field = FIELD.search(text)
    keys = [path["path"] if path else "", field["field"] if field else ""]
    return RequestInvalid(
        f"the body of the request is wrong: {PATH.sub('', text)}",
        subject="body",
        hint=SEE_SCHEMA,
        place=Place(key=".".join(key for key in keys if key)),
    )
