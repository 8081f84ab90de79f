"""What a job's paid call is to carry, made from its stored request: planned again, its files uploaded where the
provider wants that, its own objects signed. Costs nothing, so all of it may be done again. Used by submission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from framehook.calling import AccountKey
from framehook.errors import Failure, InputDelayed, InvalidRequest, NotSendable, Unavailable
from framehook.inputs import InputKeeper, InputSigner
from framehook.jobs import Job
from framehook.offerings import Plan, plan
from framehook.ports import JobStore


class Resources(Protocol):
    """Files that a body names by a mark, brought to the provider; see resource_uploads."""

    def needed(self, body: Mapping[str, Any], account: str) -> bool: ...

    def resolved(
        self, body: Mapping[str, Any], owner: str, account: str, api_key: str
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Preparation:
    jobs: JobStore
    inputs: InputKeeper
    input_signer: InputSigner
    resources: Resources

    def planned(self, job: Job) -> Plan:
        """The plan of the stored request. Raises NotSendable for what no other try mends, Unavailable."""
        request = self.jobs.get_request(job.id)
        if request is None:
            raise Unavailable("the job's request can't be read")
        try:
            return plan(request.model, self.inputs.loaded(request), job.provider)
        except InvalidRequest as invalid:
            raise NotSendable(Failure(invalid.code, str(invalid))) from invalid

    def takes_minutes(self, planned: Plan, account: AccountKey) -> bool:
        """Whether files are to be uploaded before the plan can be sent."""
        return self.resources.needed(planned.body, account.account)

    def prepared(self, planned: Plan, owner: str, account: AccountKey) -> Plan:
        """The plan with a body that can be sent within the hour.

        Raises NotSendable, InputDelayed for a file that can't be had or passed on now.
        """
        try:
            body = self.resources.resolved(planned.body, owner, account.account, account.api_key)
        except Unavailable as delayed:
            raise InputDelayed(str(delayed)) from delayed
        return replace(planned, body=self.input_signer.signed(body, owner))
