"""Errors of the store itself; errors about nouns are in `cantata.core.model.errors`.

StoreUnavailable, StoreBusy     the database does not answer, or others hold it for too long
StoreTooNew, StoreUrlInvalid    the database does not fit this program, or is none that we know
StoreKeyInvalid                 the key file is broken or is not the one that sealed this database
BlobTooLarge                    a limit
CursorInvalid, ValueUnstorable  a wrong request
"""

from __future__ import annotations

from cantata.errors import CantataError, Category


class StoreUnavailable(CantataError):
    category = Category.UNAVAILABLE


class StoreBusy(CantataError):
    """Clashes with other writers did not end within the bounded number of tries."""

    category = Category.UNAVAILABLE


class StoreTooNew(CantataError):
    """The database was written by a newer program; this one would damage it."""

    category = Category.CONFLICT


class StoreUrlInvalid(CantataError):
    category = Category.INVALID


class StoreKeyInvalid(CantataError):
    category = Category.INVALID


class BlobTooLarge(CantataError):
    category = Category.LIMIT


class CursorInvalid(CantataError):
    category = Category.INVALID


class ValueUnstorable(CantataError):
    """A number or a text that no database column can hold or be compared with, such as one with a NUL."""

    category = Category.INVALID
