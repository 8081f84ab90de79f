"""In-memory versions of every port, for tests of use cases. They keep the same contract as the adapters, and
the same contract tests run on both; they can also misbehave on demand (see trouble). Nothing here talks to
AWS or to a network. How AWS delivers things is here too: queues, a stream, asynchronous invocations.
"""

from tests.fakes.chance import FakeClock, SeededChance
from tests.fakes.directories import FakeGateStore, FakeOwnerDirectory, FakeSecrets
from tests.fakes.exchanges import FakeDownloader, FakeFileSender, ScriptedTransport, SentFile
from tests.fakes.invocations import FakeInvocations, Invocation
from tests.fakes.job_store import Change, FakeJobStore
from tests.fakes.media import FakeMediaStore, FakeUploadSigner, StoredObject
from tests.fakes.messages import (
    DeadLetter,
    RecordingBus,
    RecordingDeadLetters,
    RecordingFollowUps,
    RecordingPoisonQueue,
    RecordingQueue,
    RecordingStarter,
)
from tests.fakes.queues import FakeQueue, QueueMessage
from tests.fakes.streams import FakeStream
from tests.fakes.trouble import Trouble

__all__ = [
    "Change",
    "DeadLetter",
    "FakeClock",
    "FakeDownloader",
    "FakeFileSender",
    "FakeGateStore",
    "FakeInvocations",
    "FakeJobStore",
    "FakeMediaStore",
    "FakeOwnerDirectory",
    "FakeQueue",
    "FakeSecrets",
    "FakeStream",
    "FakeUploadSigner",
    "Invocation",
    "QueueMessage",
    "RecordingBus",
    "RecordingDeadLetters",
    "RecordingFollowUps",
    "RecordingPoisonQueue",
    "RecordingQueue",
    "RecordingStarter",
    "ScriptedTransport",
    "SeededChance",
    "SentFile",
    "StoredObject",
    "Trouble",
]
