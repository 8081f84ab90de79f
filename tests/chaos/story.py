"""What happened in one run, in order, for whoever has to understand it. Costs next to nothing until it is told."""

from __future__ import annotations

from tests.fakes import FakeClock


class Story:
    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.began = clock.at
        self._lines: list[tuple[int, str, tuple[object, ...]]] = []

    def tell(self, who: str, *facts: object) -> None:
        self._lines.append((self._clock.at, who, facts))

    def __len__(self) -> int:
        return len(self._lines)

    def lines(self) -> list[str]:
        return [
            f"{_since(at - self.began):>14}  {who:<15} {' '.join(map(str, facts))}"
            for at, who, facts in self._lines
        ]


def _since(ms: int) -> str:
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours}:{minutes:02}:{rest / 1000:06.3f}"
