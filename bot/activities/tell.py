"""Tell the operator's webhook of a wave, once for its beginning and once for its end, and of what may be a secret."""

from __future__ import annotations

from bot.notices import post
from bot.services import Services
from bot.storage.records import RepositoryRecord, WaveRecord
from bot.wave_words import WaveTold, address_of, notice
from models.cluster import Cluster

TOLD, TOLD_BEFORE, NOBODY, GONE = "told", "told before", "no webhook is set", "it is gone"
OVER = "its end was told before"


def tell(services: Services, wave_id: int, *, ended: bool) -> str:
    """Post it and remember that; safe to repeat. Raises Unavailable and Refused (`bot.notices`)."""
    row = services.storage.wave(wave_id)
    repository = services.storage.repository_by_id(row.repository_id) if row is not None else None
    if row is None or repository is None:
        return GONE
    url, secret = services.settings.alert_url, services.settings.alert_secret
    if url is None:
        return NOBODY
    if (row.told_ended_at if ended else row.told_began_at) is not None:
        return TOLD_BEFORE
    if row.told_ended_at is not None:  # the receiver was down when it began
        return OVER
    said = {"id": known_as(row, ended=ended), **notice(told(services, repository, row), ended=ended)}
    post(url.get_secret_value(), said, secret=secret.get_secret_value() if secret is not None else None)
    services.storage.wave_told(wave_id, ended=ended, at=services.clock())
    return TOLD


def known_as(row: WaveRecord, *, ended: bool) -> str:
    """By what its message is known; its number alone may have been that of one that was forgotten."""
    return f"wave/{row.id}/{row.wave.noticed_at:%Y%m%dT%H%M%SZ}/{'ended' if ended else 'began'}"


def told(services: Services, repository: RepositoryRecord, row: WaveRecord) -> WaveTold:
    """A wave with all that is said of it."""
    reports = services.storage.cluster_reports(repository.id, row.cluster_id).get(row.cluster_id, ())
    end = row.wave.ended_at or row.wave.last_arrival_at
    numbers = sorted(number for at, number in reports if row.wave.began_at <= at <= end)
    found = services.storage.clusters_in_force(repository.id, ids=[row.cluster_id])
    cluster = found[0] if found else Cluster(row.cluster_id, row.cluster_id)
    address = address_of(services.settings.github_api_url, repository.full_name)
    return WaveTold(repository.full_name, address, cluster, row.wave, tuple(numbers))


def tell_report(services: Services, repository_id: int, number: int) -> str:
    """Post that an issue reads like a security report, of which nothing is said in public (INV 44): its number and its
    address, nothing of its text. Raises Unavailable and Refused (`bot.notices`)."""
    repository = services.storage.repository_by_id(repository_id)
    url, secret = services.settings.alert_url, services.settings.alert_secret
    if repository is None:
        return GONE
    if url is None:
        return NOBODY
    address = f"{address_of(services.settings.github_api_url, repository.full_name)}/issues/{number}"
    said = {
        "id": f"report/{repository_id}/{number}",
        "text": f"{repository.full_name}: #{number} reads like a security report; nothing was said of it in public",
        "event": "report.refer-to-maintainers",
        "repository": repository.full_name,
        "number": number,
        "url": address,
    }
    post(url.get_secret_value(), said, secret=secret.get_secret_value() if secret is not None else None)
    return TOLD
