"""Seeing inside a running node: metrics, readiness, logs for machines, traces. Never a word of a conversation."""
