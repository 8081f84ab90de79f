"""Provider simulators: one process, one base URL per provider, real protocols and switchable faults."""

KEYS = ("runware", "runninghub", "runninghub-cn", "runcomfy")
"""What the simulators take a key for; on the command line each is `--<name>-api-key`."""
