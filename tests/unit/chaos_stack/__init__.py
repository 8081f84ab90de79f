"""Tests of the pure parts of the run that breaks the deployed stack."""
