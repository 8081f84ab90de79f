"""RunningHub: `provider` has its wire format, `input` its own form of a request, the rest is what these read."""
