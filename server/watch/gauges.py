"""What a node holds at this moment, written into its gauges before they are read."""

import asyncio
import contextlib
import threading
from collections import Counter

from prometheus_client import generate_latest

from server.live.slot import Slot
from server.services import Services
from server.watch.disk import free_bytes, spool_bytes
from server.watch.metrics import Metrics
from server.watch.readiness import reasons

LEG_STATES = ("sending", "away", "ending")


async def exposition(services: Services) -> bytes:
    """All metrics in Prometheus' text format."""
    metrics = services.metrics
    metrics.ready.set(not await reasons(services))
    await asyncio.to_thread(_measure_disk, metrics, services)
    _count_calls(metrics, services)
    _count_queues(metrics, services)
    _count_decoding(metrics, services)
    return generate_latest(metrics.registry)


def _count_calls(metrics: Metrics, services: Services) -> None:
    calls = services.calls
    slots = [slot for call in calls.open_calls for slot in call.slots.values()]
    states = Counter(state_of(slot) for slot in slots)
    for state in LEG_STATES:
        metrics.legs.labels(state).set(states[state])
    metrics.backlog.set(sum(slot.live.lead for slot in slots))
    metrics.behind.set(max((slot.live.behind for slot in slots), default=0.0))
    metrics.leased.set(sum(slot.live.decoder.in_speech for slot in slots))
    metrics.calls.set(calls.live)
    metrics.room.set(calls.room)
    metrics.in_memory.set(len(services.conversations.live))


def _count_queues(metrics: Metrics, services: Services) -> None:
    metrics.writing.set(services.store.waiting_writes)
    metrics.outbox.set(services.delivery.due)
    metrics.tasks.set(len(asyncio.all_tasks()))
    metrics.threads.set(threading.active_count())


def _count_decoding(metrics: Metrics, services: Services) -> None:
    for language, pool in services.calls.pools.items():
        metrics.idle.labels(language).set(pool.idle)
        metrics.reached(metrics.made.labels(language), pool.made)
        metrics.reached(metrics.recycled.labels(language), pool.recycled)
    load = services.calls.load
    if load is not None:
        metrics.busy.set(load.capacity.busy)
        metrics.cost.set(load.capacity.cost)
        metrics.reached(metrics.heard, load.audio)
        metrics.reached(metrics.worked, load.worked)


def _measure_disk(metrics: Metrics, services: Services) -> None:
    folder = services.settings.data_dir
    metrics.spool.set(spool_bytes(folder))
    with contextlib.suppress(OSError):
        metrics.disk.set(free_bytes(folder))


def state_of(slot: Slot) -> str:
    """One of `LEG_STATES`."""
    if slot.finishing:
        return "ending"
    return "sending" if slot.sender is not None else "away"
