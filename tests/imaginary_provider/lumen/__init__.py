"""Lumen, which is imaginary: `provider` has its wire format, as tables; `input` its own form of a request."""
