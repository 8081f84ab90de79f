"""Tests of single units: no network beyond loopback, no cloud."""
