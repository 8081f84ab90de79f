"""What the parts of the Runware simulator have in common."""

from tests.sandbox.simulators.runware.journal import RunwareJournal
from tests.sandbox.simulators.runware.settings import Settings
from tests.sandbox.simulators.surroundings import Surroundings

type Shared = Surroundings[Settings, RunwareJournal]
