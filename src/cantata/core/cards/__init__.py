"""Failure cards: from a cause, and what is known around it, to what a person has to change.

Pure. Whoever builds a card has read the evidence before; what could not be read is left out of the card.

    evidence   what a card is built from
    pods       causes that pods tell → facts, the likely cause, and which fields are to blame
    places     causes of where pods should run: nodes, quotas, limits, claims
    refusals   errors of writes → cause, facts
    origins    a field of a manifest → the config's keys and the template's line that it comes from
    build      all together: `build_card`, `card_of_error`
"""

from cantata.core.cards.build import build_card, card_of_error, is_worth_logs
from cantata.core.cards.evidence import Evidence, Sources
from cantata.core.cards.refusals import Refusal, is_refusal

__all__ = ["Evidence", "Refusal", "Sources", "build_card", "card_of_error", "is_refusal", "is_worth_logs"]
