"""Everything that can go wrong between us and a Kubernetes API.

    KubeError
    ├── KubeconfigInvalid          the kubeconfig cannot be read, or says something that cannot be meant
    ├── CredentialPluginFailed     the exec plugin gave no credential
    ├── ClusterUnreachable         no answer: refused, timed out, broken off, name not known
    │   ├── ClusterUntrusted       TLS: the server's certificate is not the one that we expect
    │   └── ClusterSilent          a stream over which nothing came for too long
    ├── ClusterUnauthorized        401: our credential is not accepted
    ├── ClusterForbidden           403 by RBAC: we may not do that there
    ├── ClusterFailing             5xx: the API server, or what stands behind it, has trouble, or just started
    ├── ClusterProtocolError       an answer that is not the Kubernetes API's
    │   └── AnswerTooLarge
    ├── TooManyRequests            429 for longer than we are willing to wait
    ├── RequestInvalid             400: a selector or parameter that the API server does not take
    ├── KindNotServed              the API server has no endpoint for this kind
    ├── GroupUnavailable           the add-on server of this API group does not answer: unknown, not gone
    ├── ResourceExpired            410: a continue token or a resource version is too old
    ├── NamespaceMissing
    ├── NamespaceTerminating
    ├── QuotaExceeded
    ├── ObjectNotFound
    ├── ObjectConflict             fields owned by another manager (`conflicts`), or a write that came between
    │   └── ObjectReplaced         the object of that UID is gone, another one has its name
    ├── ObjectInvalid              the fields in `details`
    │   └── ImmutableField         can only be had by deleting and creating the object
    ├── ObjectTooLarge
    ├── ObjectRefused              by an admission webhook or policy
    ├── AdmissionUnavailable       a webhook that must be asked does not answer
    ├── LogsUnavailable            the container has no logs (yet, or any more)
    ├── ProcessNotStarted          the node could not start, or reach, the process in the container
    └── PortClosed                 nobody answers at this port of the pod

The categories of what the cluster thinks of *us* (`ClusterUnauthorized`, `CredentialPluginFailed`) are
"unavailable", since it is not the person asking whose credential was refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from cantata.errors import CantataError, Category, Place
from cantata.ports import cluster as ports


class KubeError(CantataError):
    """Root of this package's errors. Those that use cases tell apart are also the port's."""

    category: ClassVar[Category] = Category.UNAVAILABLE


class KubeconfigInvalid(KubeError):
    """Where nothing better is known, the subject is the file and the hint how to get a sound one."""

    category = Category.INVALID

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        subject: str = "",
        hint: str = "`kubectl config view --raw --flatten --minify` writes one that is complete in itself.",
    ) -> None:
        file = place.file if place is not None else ""
        super().__init__(message, subject=subject or file or "kubeconfig", hint=hint, place=place)


class CredentialPluginFailed(KubeError):
    pass


class ClusterUnreachable(KubeError):
    pass


class ClusterUntrusted(ClusterUnreachable):
    pass


class ClusterSilent(ClusterUnreachable):
    pass


class ClusterUnauthorized(KubeError):
    pass


class ClusterForbidden(KubeError):
    category = Category.FORBIDDEN


class ClusterFailing(KubeError):
    pass


class ClusterProtocolError(KubeError):
    pass


class AnswerTooLarge(ClusterProtocolError):
    category = Category.LIMIT


class TooManyRequests(KubeError):
    """`retry_after` is in seconds, 0 where the API server named no time."""

    def __init__(self, message: str, *, retry_after: float = 0, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.retry_after = retry_after


class RequestInvalid(KubeError):
    category = Category.INVALID


class KindNotServed(KubeError, ports.KindNotServed):
    category = Category.NOT_FOUND


class GroupUnavailable(KubeError):
    pass


class ResourceExpired(KubeError):
    pass


class NamespaceMissing(KubeError, ports.NamespaceMissing):
    category = Category.NOT_FOUND


class NamespaceTerminating(KubeError):
    category = Category.CONFLICT


class QuotaExceeded(KubeError):
    category = Category.REFUSED


class ObjectNotFound(KubeError):
    category = Category.NOT_FOUND


class ObjectConflict(KubeError, ports.ObjectConflict):
    """`conflicts` is empty when the conflict is not about field ownership."""

    category = Category.CONFLICT

    def __init__(self, message: str, *, conflicts: Iterable[ports.FieldConflict] = (), **rest: Any) -> None:
        super().__init__(message, **rest)
        self.conflicts = tuple(conflicts)


class ObjectReplaced(ObjectConflict):
    pass


class ObjectInvalid(KubeError):
    category = Category.INVALID


class ImmutableField(ObjectInvalid, ports.ImmutableField):
    category = Category.INVALID


class ObjectTooLarge(KubeError):
    category = Category.LIMIT


class ObjectRefused(KubeError):
    category = Category.REFUSED


class AdmissionUnavailable(KubeError):
    pass


class LogsUnavailable(KubeError):
    category = Category.CONFLICT


class ProcessNotStarted(KubeError):
    category = Category.REFUSED


class PortClosed(KubeError):
    category = Category.REFUSED
