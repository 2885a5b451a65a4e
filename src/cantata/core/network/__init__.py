"""Addresses that a server may not call for just anybody, whoever asks."""
