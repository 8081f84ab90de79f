"""Each handler with its sample events, over the stack in memory instead of AWS."""
