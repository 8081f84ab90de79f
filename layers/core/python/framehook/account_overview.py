"""How the accounts stand that jobs can go by: what is configured, what their providers tell, what the gates say.

Used by serve_api. Trouble with one account is told as that account's, and never hides the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from framehook.accounts import currency_of
from framehook.asking import ask
from framehook.backpressure import closed_until
from framehook.calling import AccountKey, Calling
from framehook.due_times import SECOND
from framehook.errors import Failure, NeverSent, ReplyLost, Unavailable
from framehook.ports import Chance, Clock, GateStore
from framehook.providers.contract import UnreadableAnswer
from framehook.providers.questions import AccountFacts, AccountReader, QuestionRefused

_PATIENCE = 18 * SECOND  # the API waits 29 s, and the last call may begin just before this is over
_NO_ANSWER = Failure("provider_unavailable", "the provider did not answer")
_NO_TIME = Failure("not_asked", "the accounts before this one took all the time there was")
_OUR_TROUBLE = Failure("unavailable", "what this stack keeps of the account can't be read right now")


@dataclass(frozen=True, slots=True)
class GateState:
    """`closed_until` in milliseconds; None: open."""

    closed_until: int | None
    refusals: int


@dataclass(frozen=True, slots=True)
class AccountState:
    """`configured`, `gate`: None where that can't be read right now. `selected`: new jobs go by it."""

    id: str
    configured: bool | None
    selected: bool
    currency: str
    facts: AccountFacts = field(default_factory=AccountFacts)
    gate: GateState | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class AccountOverview:
    """`readers` has the providers that tell how an account stands."""

    calling: Calling
    readers: Mapping[str, AccountReader]
    gates: GateStore
    clock: Clock
    chance: Chance

    def providers(self) -> Mapping[str, tuple[AccountState, ...]]:
        """The accounts of every provider, the preferred ones first. Never raises for trouble with one of them."""
        until = self.clock.now() + _PATIENCE
        return {provider: self._accounts(provider, until) for provider in self.calling.accounts}

    def _accounts(self, provider: str, until: int) -> tuple[AccountState, ...]:
        states: list[AccountState] = []
        for account in self.calling.accounts[provider]:
            first = all(before.configured is False for before in states)
            states.append(self._account(provider, account, until, first=first))
        return tuple(states)

    def _account(self, provider: str, account: str, until: int, *, first: bool) -> AccountState:
        currency = currency_of(account)
        gate, error = self._gate(account)
        try:
            api_key = self.calling.secrets.api_key(account)
        except Unavailable:
            return AccountState(account, None, False, currency, gate=gate, error=_OUR_TROUBLE)
        if not api_key:
            return AccountState(account, False, False, currency, gate=gate, error=error)
        facts, trouble = self._facts(provider, AccountKey(account, api_key), until)
        return AccountState(
            account, True, first, facts.currency or currency, facts, gate, error=trouble or error
        )

    def _gate(self, account: str) -> tuple[GateState | None, Failure | None]:
        try:
            gate = self.gates.get_gate(account)
        except Unavailable:
            return None, _OUR_TROUBLE
        return GateState(closed_until(gate, self.clock.now()), gate.failures), None

    def _facts(self, provider: str, known: AccountKey, until: int) -> tuple[AccountFacts, Failure | None]:
        """What the provider tells, and the first trouble on the way. One that does not answer is not asked again."""
        facts, trouble = AccountFacts(), None
        reader = self.readers.get(provider)
        for question in reader.questions(known.api_key, self.chance.uuid) if reader else ():
            if self.clock.now() > until:
                return facts, trouble or _NO_TIME
            try:
                facts = facts.or_else(question.read(ask(self.calling, known, question.request)))
            except (NeverSent, ReplyLost):
                return facts, trouble or _NO_ANSWER
            except QuestionRefused as refused:
                trouble = trouble or refused.failure
            except UnreadableAnswer as odd:
                trouble = trouble or Failure("unreadable_answer", str(odd))
        return facts, trouble
