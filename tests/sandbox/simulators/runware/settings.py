"""The switches of the Runware simulator that a test may change for all tasks at once."""

from dataclasses import dataclass, field

from tests.sandbox.simulators.webhook_sender import RetrySchedule

RUN_SECONDS = {
    "videoInference": 90.0,
    "3dInference": 40.0,
    "training": 300.0,
    "audioInference": 10.0,
    "textInference": 3.0,
    "caption": 3.0,
    "promptEnhance": 3.0,
}
OTHER_RUN_SECONDS = 6.0
CHOICES = {
    "webhook_shape": ("wrapped", "flat"),
    "upload_content_type": ("media", "octet-stream", "absent"),
    "reuse_after_completion": ("conflict", "accept"),
    "failed_item_form": ("errors", "flat", "error_object", "error_text"),
}


@dataclass
class Settings:
    """Times are simulated seconds, except `webhook_timeout`, which the receiver lives through for real."""

    webhook_attempts: int = 6
    webhook_timeout: float = 5.0
    webhook_shape: str = "wrapped"
    failure_webhook: bool = True
    upload_delay: float = 3.0
    upload_content_type: str = "media"
    reuse_after_completion: str = "conflict"
    accept_unknown_models: bool = False
    frame_images_with_size: bool = False
    fetch_inputs: bool = False
    failed_item_form: str = "errors"
    progress: bool = False
    retention: float = 86_400.0
    media_lifetime: float = 86_400.0
    balance: float = 1_000_000.0
    run_seconds: dict[str, float] = field(default_factory=lambda: dict(RUN_SECONDS))

    def run_seconds_of(self, task_type: str) -> float:
        return float(self.run_seconds.get(task_type, OTHER_RUN_SECONDS))

    @property
    def retry_schedule(self) -> RetrySchedule:
        """250 ms doubling up to 8 s: https://runware.ai/docs/platform/webhooks"""
        return RetrySchedule(attempts=self.webhook_attempts, timeout=self.webhook_timeout)
