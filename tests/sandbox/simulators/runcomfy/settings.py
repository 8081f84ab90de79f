"""The switches of the RunComfy simulator that a test may change for all jobs at once."""

from dataclasses import dataclass, field

from tests.sandbox.simulators.webhook_sender import RetrySchedule

RUN_SECONDS = {"video": 150.0, "image": 12.0, "audio": 20.0, "comfyui": 40.0, "lora": 30.0}
LONGEST_RETRY_DELAY = 3600.0
SEVEN_DAYS = 604_800.0
CHOICES = {
    "submit_answer": ("200", "202"),
    "bad_token": ("documented", "401", "403"),
    "no_balance": ("400", "402"),
    "validation_status": ("422", "400"),
    "failed_status": ("completed", "failed"),
    "success_result": ("succeeded", "completed"),
    "cancelled_word": ("cancelled", "canceled"),
    "cancel_status": ("completed", "state"),
    "result_not_ready": ("state", "400005"),
    "webhook_shape": ("status", "outcome", "both"),
    "webhook_outputs": ("result", "output", "outputs"),
}


@dataclass
class Settings:
    """Times are simulated seconds, except `webhook_timeout`, which the receiver lives through for real."""

    submit_answer: str = "200"
    bad_token: str = "documented"
    no_balance: str = "400"
    validation_status: str = "422"
    ignore_unknown_parameters: bool = False
    accept_unknown_models: bool = True
    fetch_inputs: bool = True
    queue_seconds: float = 6.0
    run_seconds: dict[str, float] = field(default_factory=lambda: dict(RUN_SECONDS))
    failed_status: str = "completed"
    success_result: str = "succeeded"
    cancelled_word: str = "cancelled"
    upper_case_states: bool = False
    result_not_ready: str = "state"
    cancel_status: str = "completed"
    cancel_running_deployments: bool = True
    charge_failed: bool = False
    model_api_webhooks: bool = False
    webhook_on_cancel: bool = True
    webhook_shape: str = "status"
    webhook_outputs: str = "result"
    webhook_timeout: float = 10.0
    webhook_first_delay: float = 10.0
    webhook_patience: float = 86_400.0
    retention: float = SEVEN_DAYS
    media_lifetime: float = SEVEN_DAYS
    output_bytes: float = 0.0
    balance: float = 1_000_000.0

    @property
    def retry_schedule(self) -> RetrySchedule:
        """Doubling delays for a day: https://docs.runcomfy.com/serverless/webhooks"""
        return RetrySchedule(
            attempts=self._attempts(),
            timeout=self.webhook_timeout,
            first_delay=self.webhook_first_delay,
            factor=2.0,
            longest_delay=LONGEST_RETRY_DELAY,
            jitter=0.0,
        )

    def _attempts(self) -> int:
        """As many as the patience has room for."""
        attempts, delay = 1, max(self.webhook_first_delay, 0.1)
        waited = delay
        while waited <= self.webhook_patience:
            attempts += 1
            delay = min(delay * 2, LONGEST_RETRY_DELAY)
            waited += delay
        return attempts
