"""The one error shape."""

from __future__ import annotations

import msgspec

from cantata.errors import CantataError, Category, Detail, Place


class PlaceInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A file, a line and column counted from 1, and a key path such as `db.host`."""

    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""


class DetailInfo(msgspec.Struct, frozen=True, rename="camel"):
    message: str
    place: PlaceInfo = PlaceInfo()


class ErrorInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Every answer with a status of 400 or above.

    `code` is the class name of the error, `category` the group that decides status and exit code, `subject`
    the thing alone, `hint` what to do, `details` the single troubles where there are several.
    """

    code: str
    category: Category
    message: str
    subject: str = ""
    hint: str = ""
    place: PlaceInfo = PlaceInfo()
    details: tuple[DetailInfo, ...] = ()


def error_info(error: CantataError) -> ErrorInfo:
    """The wire form of an error. `code` and `category` are taken as they are on the error, so that an error
    that came over a wire passes through unchanged."""
    return ErrorInfo(
        code=error.code,
        category=error.category,
        message=error.message,
        subject=error.subject,
        hint=error.hint,
        place=_place_info(error.place),
        details=tuple(DetailInfo(detail.message, _place_info(detail.place)) for detail in error.details),
    )


class RemoteError(CantataError):
    """An error that a server answered, with the code and category that it has there."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(
            info.message,
            subject=info.subject,
            hint=info.hint,
            place=_place(info.place),
            details=[Detail(detail.message, _place(detail.place)) for detail in info.details],
        )
        self._code = info.code
        # Shadows the class's attribute: here the category is a fact of the single error.
        self.__dict__["category"] = info.category

    @property
    def code(self) -> str:
        return self._code


def _place_info(place: Place) -> PlaceInfo:
    return PlaceInfo(place.file, place.line, place.column, place.key)


def _place(info: PlaceInfo) -> Place:
    return Place(info.file, info.line, info.column, info.key)
