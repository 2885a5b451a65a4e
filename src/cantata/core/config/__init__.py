"""Config documents: from text to leaves and secrets, and back to the text that is stored.

document  what a config text says, checked: leaves, values, secrets
secrets   a secret value that cannot be printed or serialised by accident
sealing   the text with its new secret values replaced by references
errors    what is wrong with a config text
"""

from cantata.core.config.document import ConfigDocument, Secret, parse_config
from cantata.core.config.errors import ConfigInvalid
from cantata.core.config.sealing import seal_text
from cantata.core.config.secrets import SecretText

__all__ = ["ConfigDocument", "ConfigInvalid", "Secret", "SecretText", "parse_config", "seal_text"]
