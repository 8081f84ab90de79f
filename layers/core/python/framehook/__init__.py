"""Framehook: a serverless, webhook-driven gateway for generative media.

Importing this package, or any module of it, has no effect: no client is built, no environment is read.
"""
