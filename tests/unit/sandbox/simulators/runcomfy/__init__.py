"""Tests of the RunComfy simulator."""
