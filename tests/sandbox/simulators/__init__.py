"""Provider simulators: one process, one base URL per provider, real protocols and switchable faults."""
