"""Tests of the RunningHub simulator."""
