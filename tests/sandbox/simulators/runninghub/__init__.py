"""A simulated RunningHub: both sites, the Standard Model API, workflows and AI Apps, old and new."""
