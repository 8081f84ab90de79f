"""Tests of the Runware simulator."""
