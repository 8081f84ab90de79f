"""The switches of the RunningHub simulator that a test may change for all tasks of both sites at once."""

from dataclasses import dataclass, field

from tests.sandbox.simulators.webhook_sender import RetrySchedule

RUN_SECONDS = {
    "image": 20.0,
    "video": 150.0,
    "3d": 60.0,
    "audio": 8.0,
    "string": 4.0,
    "workflow": 40.0,
    "ai-app": 40.0,
}
CHOICES = {
    "key_kind": ("SHARED", "NORMAL", "EXCLUSIVE"),
    "submit_status": ("RUNNING", "QUEUED", "SUCCESS"),
    "old_auth": ("any", "body", "bearer"),
}


@dataclass
class Settings:
    """Times are simulated seconds, except `webhook_timeout`, which the receiver lives through for real."""

    key_kind: str = "SHARED"
    concurrent_limit: int = 100
    submit_status: str = "RUNNING"
    queue_seconds: float = 5.0
    old_auth: str = "any"
    ignore_unknown_parameters: bool = True
    accept_unknown_models: bool = False
    fetch_inputs: bool = False
    cancel_ai_apps: bool = True
    webhook_on_cancel: bool = False
    webhook_attempts: int = 4
    webhook_retry_delay: float = 60.0
    webhook_timeout: float = 5.0
    retention: float = 86_400.0
    media_lifetime: float = 86_400.0
    output_bytes: float = 0.0
    balance: float = 1_000_000.0
    coins: float = 1_000_000.0
    run_seconds: dict[str, float] = field(default_factory=lambda: dict(RUN_SECONDS))

    @property
    def retry_schedule(self) -> RetrySchedule:
        """At 60, 120 and 180 s, as the times of a failed delivery in RunningHub's documentation suggest."""
        return RetrySchedule(
            attempts=self.webhook_attempts,
            timeout=self.webhook_timeout,
            first_delay=self.webhook_retry_delay,
            factor=1.0,
            longest_delay=self.webhook_retry_delay,
            jitter=0.0,
        )
