"""Adapters against a local AWS; nothing here reaches the real one."""
