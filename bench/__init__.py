"""Benchmarks, always beside the floor: `make bench` says how to run them."""
