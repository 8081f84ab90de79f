"""Adapters without the service behind them: the wire they write, and what they make of trouble."""
