"""Decisions about requests, as pure functions. `authorise`: who may do what."""
