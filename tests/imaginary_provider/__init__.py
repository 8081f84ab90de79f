"""Lumen, a provider that does not exist: what comes of following CONTRIBUTING.md's "Adding a provider". Nothing of it
is shipped; whether the page can be followed, and what that takes, is tested with it.
"""
