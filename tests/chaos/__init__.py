"""Whole-system simulation: the real use cases and provider modules over in-memory ports, a virtual clock, and faults at
every step. A seed decides everything, so that a failing run can be told again, event by event.
"""
