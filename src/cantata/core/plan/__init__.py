"""What a deploy would do to the cluster, object by object, as pure functions.

decide.py   desired, recorded and live → one action for one object
prune.py    what is no longer wanted, and what of it may go
closure.py  what some services need of the others
intent.py   which values the user changed
effect.py   which fields the cluster would change
deletion.py what deleting an application would do
claims.py   which claims a StatefulSet has made
finalizers.py who takes a finalizer away
replicas.py whose number of pods is sent
stale.py    what a plan rests on, and what of it has moved
"""

from cantata.core.plan.decide import Decision, Desired, decide, is_secret
from cantata.core.plan.effect import by_identity, effect, rolls
from cantata.core.plan.intent import intent
from cantata.core.plan.prune import HISTORY, Pruned, is_precious, named_in_history, prune, says_keep
from cantata.core.plan.replicas import is_autoscaler, with_live_replicas, without_scaled

__all__ = [
    "HISTORY",
    "Decision",
    "Desired",
    "Pruned",
    "by_identity",
    "decide",
    "effect",
    "intent",
    "is_autoscaler",
    "is_precious",
    "is_secret",
    "named_in_history",
    "prune",
    "rolls",
    "says_keep",
    "with_live_replicas",
    "without_scaled",
]
