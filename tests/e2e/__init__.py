"""Journeys through the really deployed stack, on a local AWS with IAM enforcement."""
