"""What the teams did with the articles, in memory: read once a minute, never while a suggestion waits for it."""

from collections.abc import Mapping
from time import monotonic, time

from server.store import Store
from server.store.queries import usage as queries
from server.store.queries.usage import Usage
from suggest.usage import LEAST, Counts, Reason, acts, prior, reasons

SECONDS = 60.0


class Using:
    """The acts of the last months by team; empty until the first `refresh`."""

    def __init__(self, store: Store, tenant: str = "default") -> None:
        self._store = store
        self._tenant = tenant
        self._usage: Usage = {}
        self._priors: Mapping[str, Mapping[str, float]] = {}
        self._read_at = -SECONDS

    async def refresh(self) -> bool:
        """Read the acts again unless that was done within the last minute; whether it was."""
        if monotonic() - self._read_at < SECONDS:
            return False
        self._read_at = monotonic()
        async with self._store.read() as session:
            self._usage = await queries.usage(session, self._tenant, time())
        self._priors = {team: _by_article(of_team) for team, of_team in self._usage.items()}
        return True

    def priors(self, team: str) -> Mapping[str, float]:
        """How well the team took each article, 0..1, by id; articles that nothing moves are left out."""
        return self._priors.get(team, {})

    def reasons(self, team: str, article_id: str, intent: str | None) -> list[Reason]:
        """Why the article stands where it does for the team; empty where nothing moves it."""
        counts = self._usage.get(team, {}).get((article_id, intent))
        return reasons(counts) if counts is not None else []


def _by_article(of_team: Mapping[tuple[str, str | None], Counts]) -> dict[str, float]:
    """The prior of each article that has enough acts, for the question that it was shown for most."""
    most_last = sorted(of_team.items(), key=lambda one: (acts(one[1]), str(one[0])))
    return {article_id: prior(counts) for (article_id, _), counts in most_last if acts(counts) >= LEAST}
