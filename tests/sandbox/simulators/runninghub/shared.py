"""What the parts of the RunningHub simulator have in common."""

from tests.sandbox.simulators.journal import Journal
from tests.sandbox.simulators.runninghub.settings import Settings
from tests.sandbox.simulators.surroundings import Surroundings

type Shared = Surroundings[Settings, Journal]
