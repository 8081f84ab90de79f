"""What every implementation of a port must do, whoever implements it: abstract test classes. tests/unit runs
them on the in-memory fakes, tests/integration on the local AWS, so that a fake can't drift from what it
stands for. What every provider must do is in `providers`.
"""
