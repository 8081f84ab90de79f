"""One module per provider: its wire format, and nothing else. Pure; see `contract` for what each offers."""
