"""The control API: what it shows, what it changes, and what it refuses."""

import base64
import uuid

import pytest

from tests.unit.sandbox.simulators.simulation import FILE, Simulation, simulate, sora

CONTROL = "/_control/runware"


def test_speed_and_defaults_can_be_changed() -> None:
    async def scenario(simulation: Simulation) -> None:
        wishes = {"speed": 30, "defaults": {"webhook_attempts": 2, "run_seconds": {"videoInference": 7}}}
        answer = (await simulation.client.patch(CONTROL, json=wishes)).json()
        assert answer["speed"] == 30
        assert answer["defaults"]["webhook_attempts"] == 2
        assert answer["defaults"]["run_seconds"]["videoInference"] == 7
        assert answer["defaults"]["run_seconds"]["audioInference"] == 10

    simulate(scenario)


@pytest.mark.parametrize(
    "wishes",
    [
        {"speed": 0},
        {"defaults": {"unheard_of": 1}},
        {"defaults": {"webhook_shape": "square"}},
        {"defaults": {"webhook_attempts": "6"}},
        {"pace": 3},
        [],
    ],
)
def test_wrong_wish_is_a_400_and_changes_nothing(wishes: object) -> None:
    async def scenario(simulation: Simulation) -> None:
        before = (await simulation.client.get(CONTROL)).json()
        answer = await simulation.client.patch(CONTROL, json=wishes)
        assert answer.status_code == 400
        assert "error" in answer.json()
        assert (await simulation.client.get(CONTROL)).json() == before

    simulate(scenario)


def test_whole_number_for_a_fraction_does_not_bar_a_later_fraction() -> None:
    async def scenario(simulation: Simulation) -> None:
        for balance in (3, 3.5):
            answer = await simulation.client.patch(CONTROL, json={"defaults": {"balance": balance}})
            assert answer.json()["defaults"]["balance"] == balance

    simulate(scenario)


def test_fault_rules_are_added_listed_and_removed() -> None:
    async def scenario(simulation: Simulation) -> None:
        rule = {"fault": "webhook_drop", "match": {"prompt_contains": "fox"}, "times": 2}
        added = await simulation.client.post(f"{CONTROL}/faults", json=rule)
        assert added.status_code == 201
        listed = (await simulation.client.get(CONTROL)).json()["faults"]
        assert [one["id"] for one in listed] == [added.json()["id"]]
        assert (await simulation.client.delete(f"{CONTROL}/faults/{added.json()['id']}")).status_code == 204
        assert (await simulation.client.delete(f"{CONTROL}/faults/{added.json()['id']}")).status_code == 404
        assert (await simulation.client.post(f"{CONTROL}/faults", json={"fault": "x"})).status_code == 400

    simulate(scenario)


def test_records_can_be_narrowed_to_one_task() -> None:
    async def scenario(simulation: Simulation) -> None:
        first, second = sora(), sora()
        await simulation.post(first)
        await simulation.post(second)
        await simulation.clock.advance(100)
        await simulation.look_up(first["taskUUID"])
        records = (await simulation.client.get(f"{CONTROL}?task_uuid={first['taskUUID']}")).json()
        assert [job["request"] for job in records["accepted"]] == [first]
        assert records["lookups"] == {first["taskUUID"]: 1}
        for name in ("billed", "webhooks", "uploads"):
            assert [one["taskUUID"] for one in records[name]] == [first["taskUUID"]]
        assert [one["taskTypes"] for one in records["requests"]] == [["videoInference"], ["getResponse"]]

    simulate(scenario)


def test_reset_forgets_everything_and_stops_running_jobs() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_drop")
        simulation.defaults(webhook_shape="flat")
        storage = {"taskType": "mediaStorage", "taskUUID": str(uuid.uuid4())}
        upload = {**storage, "operation": "upload", "media": base64.b64encode(FILE).decode()}
        (stored,) = (await simulation.post(upload)).json()["data"]
        await simulation.post(sora())
        assert (await simulation.client.post(f"{CONTROL}/reset")).status_code == 204
        shown = (await simulation.client.get(CONTROL)).json()
        assert shown["defaults"]["webhook_shape"] == "wrapped"
        assert not any(shown[name] for name in ("faults", "accepted", "billed", "webhooks", "requests"))
        await simulation.clock.advance(1000)
        assert simulation.receiver.requests == []
        delete = {**storage, "operation": "delete", "media": stored["mediaUUID"]}
        (error,) = (await simulation.post(delete)).json()["errors"]
        assert error["code"] == "mediaNotFound"

    simulate(scenario)


def test_control_api_refuses_clients_from_elsewhere() -> None:
    async def scenario(simulation: Simulation) -> None:
        assert (await simulation.client.get(CONTROL)).status_code == 403

    simulate(scenario, client_host="192.0.2.1")
