"""What reading and filling a chart repository can end in. None of them holds a credential or a query.

CantataError
├── RepositoryAddressInvalid   the address is none
├── RepositoryAddressClosed    the address is, or leads to, one that may not be called
├── RepositoryFolderClosed     the folder is not among those that may be read
├── RepositoryUnreachable      no answer, or one that says to come back later
├── RepositoryLoginRefused     the credentials are wrong, or there are none
├── RepositoryAnswerInvalid    the answer is not what the protocol says
│   └── NotAChart              a registry has something else there
├── RepositoryAnswerTooLarge   the answer is longer than it may be
├── RepositoryReadOnly         nothing can be put there: an HTTP repository, or the examples
├── ChartNotInRepository       it has no such chart, version or layer
├── ChartDigestWrong           the bytes are not those that were announced
├── ChartAlreadyPublished      this version is there with other content
├── ChartDependencyMissing     a chart wants another one that nobody has
├── ChartDependencyCycle       charts want each other
└── ChartDependenciesTooMany   charts want others without end
"""

from __future__ import annotations

from cantata.errors import CantataError, Category


class RepositoryAddressInvalid(CantataError):
    category = Category.INVALID


class RepositoryAddressClosed(CantataError):
    """The address of a repository, or one that it leads to, is loopback, link-local or a metadata service; or
    it is private, and nobody has added a repository there."""

    category = Category.REFUSED


class RepositoryFolderClosed(CantataError):
    """The folder is not below one that the server's CANTATA_MARKET_FOLDERS names."""

    category = Category.REFUSED


class RepositoryUnreachable(CantataError):
    """A chart repository did not answer, or not in time, or says that it cannot now."""

    category = Category.UNAVAILABLE


class RepositoryLoginRefused(CantataError):
    """A chart repository wants other credentials than it was given."""

    category = Category.REFUSED


class RepositoryAnswerInvalid(CantataError):
    """A chart repository answered something that its protocol does not know."""

    category = Category.REFUSED


class NotAChart(RepositoryAnswerInvalid):
    """What a registry has under this name is something else, such as a container image."""


class RepositoryAnswerTooLarge(CantataError):
    category = Category.LIMIT


class RepositoryReadOnly(CantataError):
    category = Category.REFUSED


class ChartNotInRepository(CantataError):
    category = Category.NOT_FOUND


class ChartDigestWrong(CantataError):
    """The bytes of a chart are not those that its repository, or the one who asked, announced."""

    category = Category.REFUSED


class ChartAlreadyPublished(CantataError):
    """This version of the chart is there with other content; a version never changes."""

    category = Category.CONFLICT


class ChartDependencyMissing(CantataError):
    """A chart wants another one that it does not bring and no repository has."""

    category = Category.INVALID


class ChartDependencyCycle(CantataError):
    category = Category.INVALID


class ChartDependenciesTooMany(CantataError):
    category = Category.LIMIT
