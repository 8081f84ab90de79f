"""Seeds that once failed, and what they found. Each is run by every test run."""

from __future__ import annotations

from collections.abc import Mapping

KEPT: Mapping[int, str] = {}
