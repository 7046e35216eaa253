"""The running parts of a node, and how a route gets at them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from kb.terms import Words
from server.auth import ChatLinks, Doorkeeper
from server.delivery import Delivery
from server.demo import Demo
from server.hub import Hub
from server.ingest.connector import Connector
from server.knowledge import Knowledge
from server.live.calls import Calls
from server.live.conversation import Published
from server.live.conversations import Conversations
from server.settings import Settings
from server.store import Store
from server.watch.metrics import Metrics
from server.watch.tracing import Traces


@dataclass(frozen=True, slots=True)
class Services:
    """Built once by `create_app`. `demo` is None outside demo mode, `traces` where nobody wants them."""

    settings: Settings
    store: Store
    hub: Hub[Published]
    knowledge: Knowledge
    conversations: Conversations
    calls: Calls
    delivery: Delivery
    doorkeeper: Doorkeeper
    links: ChatLinks
    demo: Demo | None
    words: Words = field(default_factory=Words)
    metrics: Metrics = field(default_factory=Metrics)
    traces: Traces | None = None
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    """The connected phone systems, by name."""


def _services(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
