"""The nouns of Cantata as values. Import from the module that names the noun."""
