"""What the parts of the RunComfy simulator have in common."""

from tests.sandbox.simulators.journal import Journal
from tests.sandbox.simulators.runcomfy.settings import Settings
from tests.sandbox.simulators.surroundings import Surroundings

type Shared = Surroundings[Settings, Journal]
