"""The doors of retention: only admins, with words that say what to do, and every act in the audit."""

import io
import zipfile
from pathlib import Path

import httpx
import pytest

from server.services import Services
from tests.server.keeping.filled import audio_files, fill
from tests.server.routes.conftest import PASSWORD, app, client, services
from tests.server.routes.door import ORIGIN

__all__ = ["app", "client", "services"]
DOORS = [
    ("GET", "/v1/privacy/rules"),
    ("PUT", "/v1/privacy/rules/standard"),
    ("PUT", "/v1/privacy/products/loan"),
    ("GET", "/v1/privacy/holds"),
    ("POST", "/v1/privacy/holds"),
    ("POST", "/v1/privacy/holds/h1/release"),
    ("POST", "/v1/privacy/customer"),
    ("POST", "/v1/privacy/customer/export"),
    ("POST", "/v1/privacy/customer/delete"),
    ("GET", "/v1/privacy/receipts"),
    ("GET", "/v1/audit"),
]


@pytest.fixture
async def anna(client: httpx.AsyncClient, services: Services) -> httpx.AsyncClient:
    """An admin."""
    await services.store.users.add("anna", PASSWORD, "admin")
    await log_in(client, "anna")
    return client


async def log_in(client: httpx.AsyncClient, login: str) -> None:
    answer = await client.post("/v1/session", json={"login": login, "password": PASSWORD}, headers={"origin": ORIGIN})
    assert answer.status_code == 200


@pytest.mark.parametrize("role", ["agent", "reviewer", "trainer", "supervisor"])
async def test_only_admins_come_in(client: httpx.AsyncClient, services: Services, role: str) -> None:
    for method, path in DOORS:
        assert (await client.request(method, path, json={})).status_code == 401
    await services.store.users.add("somebody", PASSWORD, role)
    await log_in(client, "somebody")
    for method, path in DOORS:
        answer = await client.request(method, path, json={}, headers={"origin": ORIGIN})
        assert answer.status_code == 403, path


async def test_rules_holds_and_deletion(anna: httpx.AsyncClient, services: Services, tmp_path: Path) -> None:
    dialogue = await fill(services.store, tmp_path, customer="c1")
    days = {"audio_days": 30, "text_days": None, "sample_days": 1.5}
    assert (await anna.put("/v1/privacy/rules/short", json=days)).status_code == 204
    assert (await anna.put("/v1/privacy/products/loan", json={"retention_class": "short"})).status_code == 204
    shown = {one["retention_class"]: one for one in (await anna.get("/v1/privacy/rules")).json()["classes"]}
    assert shown["short"]["products"] == ["loan"] and shown["short"]["audio_days"] == 30
    assert shown["standard"]["conversations"] == 1
    assert (await anna.put("/v1/privacy/rules/short", json={**days, "audio_days": -1})).status_code == 422

    hold = {"subject_type": "customer", "subject_id": "c1", "reason": "court"}
    placed = (await anna.post("/v1/privacy/holds", json=hold)).json()
    assert (await anna.post("/v1/privacy/holds", json=hold)).status_code == 409
    found = (await anna.post("/v1/privacy/customer", json={"customer": "c1"})).json()
    assert (found["conversations"], found["recordings"], len(found["holds"])) == (1, 1, 1)
    request = {"customer": "c1", "confirm": "c1"}
    refused = await anna.post("/v1/privacy/customer/delete", json=request)
    assert refused.status_code == 409 and placed["hold_id"] in refused.json()["problem"]["message"]
    released = await anna.post(f"/v1/privacy/holds/{placed['hold_id']}/release", json={"reason": "settled"})
    assert released.json()["release_reason"] == "settled"

    exported = await anna.post("/v1/privacy/customer/export", json={"customer": "c1"})
    assert zipfile.ZipFile(io.BytesIO(exported.content)).testzip() is None
    assert "c1" not in exported.headers["content-disposition"]
    assert (await anna.post("/v1/privacy/customer/delete", json={**request, "confirm": "c2"})).status_code == 422
    receipt = (await anna.post("/v1/privacy/customer/delete", json=request)).json()
    assert receipt["finished_at"] and receipt["counts"]["conversation"] == 1
    assert audio_files(tmp_path) == [] and await services.store.conversation(dialogue.id) is None
    listed = (await anna.get("/v1/privacy/receipts?limit=1")).json()
    assert listed["total"] == 2 and len(listed["rows"]) == 1
    told = (await anna.get("/v1/audit?by=anna")).json()["rows"]
    acts = [row["action"] for row in reversed(told)]
    assert [act for act in acts if not act.startswith("login")] == [
        *("rule.set", "product.set", "hold.place", "customer.look_up"),
        *("hold.release", "customer.export", "customer.delete"),
    ]
    assert all(row["subject_id"] != "c1" for row in told)


async def test_the_audit_is_narrowed_and_paged(anna: httpx.AsyncClient, services: Services) -> None:
    for number in range(5):
        await services.store.append_audit("li", "user.add", ("user", f"u{number}"), {"role": "agent"})
    page = (await anna.get("/v1/audit?action=user.add&offset=1&limit=2")).json()
    assert (page["total"], [row["subject_id"] for row in page["rows"]]) == (5, ["u3", "u2"])
    at = page["rows"][0]["at"]
    assert (await anna.get(f"/v1/audit?action=user.add&until={at}")).json()["total"] == 3
    assert (await anna.get(f"/v1/audit?action=user.add&since={at}")).json()["total"] == 2
    assert (await anna.get("/v1/audit?subject_type=user&subject_id=u1")).json()["total"] == 1
    assert (await anna.get("/v1/audit?by=nobody")).json()["total"] == 0


async def test_listening_is_noted_once_however_many_pieces_are_fetched(
    anna: httpx.AsyncClient, services: Services, tmp_path: Path
) -> None:
    dialogue = await fill(services.store, tmp_path)
    url = f"/v1/conversations/{dialogue.id}/recordings/customer"
    for start in (0, 1000, 2000):
        piece = await anna.get(url, headers={"range": f"bytes={start}-{start + 999}"})
        assert piece.status_code == 206 and len(piece.content) == 1000
    rows = (await anna.get("/v1/audit?action=recording.listen")).json()["rows"]
    assert [(row["by"], row["subject_id"]) for row in rows] == [("anna", dialogue.id)]


async def test_the_detail_says_where_there_is_no_sound(
    anna: httpx.AsyncClient, services: Services, tmp_path: Path
) -> None:
    dialogue = await fill(services.store, tmp_path)
    (recording,) = (await anna.get(f"/v1/conversations/{dialogue.id}")).json()["recordings"]
    assert recording["gaps"] == [{"start": 0.9, "end": 1.6, "reason": "masked"}]
