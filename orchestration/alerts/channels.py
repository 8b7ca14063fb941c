"""Receivers of digests: the URLs that the settings name, and sending to one.

A URL may hold a password: none is ever shown, logged or stored.
"""

import hashlib
import logging
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from orchestration.workspace import environment
from orchestration.workspace.errors import SettingsWrong
from orchestration.workspace.layout import Workspace
from orchestration.workspace.settings import settings

DIGEST_SECONDS = 15.0  # for one digest to one receiver, retries included
RETRIES, WAIT_SECONDS = 1, 2.0  # where the URL says nothing (retry=, wait=)
PATIENCE = 3  # refusals in a row, then a receiver is left alone until the next run


@dataclass(frozen=True)
class Receiver:
    """Where digests go, and the setting that says so."""

    setting: str
    url: str = field(repr=False)

    @property
    def key(self) -> str:
        """Its name in the store."""
        return _slow_hash(self.url)


@cache
def _slow_hash(url: str) -> str:
    # slow, so that a weak password in the URL cannot be found by trying
    return hashlib.scrypt(url.encode(), salt=b"outlet pulse", n=2**14, r=8, p=1, dklen=12).hex()


def receivers_of(workspace: Workspace, owner: str) -> list[Receiver]:
    """The owner's own receivers, else everybody's."""
    found = settings(workspace)
    owners = found.get("notify_owners") or {}
    if not isinstance(owners, dict):
        raise SettingsWrong("pulse.yml, notify_owners: expected lines such as `owner_id: URL`")
    own = {str(name): urls for name, urls in owners.items()}.get(owner)
    if own:
        return _listed(f"pulse.yml, notify_owners, {owner}", own)
    return [
        *_listed("pulse.yml, notify", found.get("notify") or []),
        *_listed("PULSE_NOTIFY", environment.receivers()),
    ]


def _listed(setting: str, urls: Any) -> list[Receiver]:
    urls = [urls] if isinstance(urls, str) else urls
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise SettingsWrong(f"{setting}: expected a URL or a list of URLs")
    return [Receiver(f"{setting}, URL {number}", url) for number, url in enumerate(urls, 1)]


class Post:
    """Sends by Apprise within a time limit and keeps what went wrong, one line a receiver; use as a context manager."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._services: dict[Receiver, Any] = {}
        self._refused: Counter[Receiver] = Counter()
        self._problems: dict[Receiver, str] = {}

    def __enter__(self) -> "Post":
        # Apprise and what it sends with log parts of URLs
        self._disabled = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        logging.getLogger("apprise").disabled = True  # for good: a send that is given up may still say something
        import apprise  # only where something is to be sent: it takes its time

        self._apprise = apprise
        # no limit of its own: a send that Apprise gives up would hold the process at its end
        self._asset = apprise.AppriseAsset(
            app_id="Outlet Pulse",
            default_service_retry=RETRIES,
            default_service_wait=WAIT_SECONDS,
            service_timeout=0,
        )
        self._end = time.monotonic() + self._seconds
        return self

    def __exit__(self, *_: object) -> None:
        logging.disable(self._disabled)

    @property
    def problems(self) -> list[str]:
        return list(self._problems.values())

    def send(self, receiver: Receiver, title: str, body: str) -> bool:
        """Whether the receiver took it."""
        service = self._service(receiver)
        if service is None:
            return self._failed(receiver, "Apprise does not know such a URL")
        left = self._end - time.monotonic()
        if self._refused[receiver] >= PATIENCE or left <= 0:
            return self._failed(receiver, f"not sent within {self._seconds:.0f} seconds")
        one = self._apprise.Apprise(service, asset=self._asset)
        answer: list[bool] = []

        def notify() -> None:
            with suppress(Exception):  # a traceback could show the URL
                answer.append(bool(one.notify(body, title, body_format=self._apprise.NotifyFormat.TEXT)))

        sending = threading.Thread(target=notify, daemon=True)
        sending.start()
        sending.join(min(left, DIGEST_SECONDS))
        if answer == [True]:
            self._refused[receiver] = 0
            return True
        hangs = sending.is_alive()
        self._refused[receiver] += PATIENCE if hangs else 1
        return self._failed(receiver, "no answer in time" if hangs else "it did not take a digest")

    def _service(self, receiver: Receiver) -> Any:
        if receiver not in self._services:
            service = None
            with suppress(Exception):
                service = self._apprise.Apprise.instantiate(receiver.url, asset=self._asset)
            if service is not None and "overflow=" not in receiver.url:
                # a receiver that takes short texts only gets several
                service.overflow_mode = self._apprise.OverflowMode.SPLIT
            self._services[receiver] = service
        return self._services[receiver]

    def _failed(self, receiver: Receiver, why: str) -> bool:
        service = self._services[receiver]
        scheme = receiver.url.partition("://")[0] if "://" in receiver.url else ""
        # in many of Apprise's URLs a token stands where others have the host
        host = service.host if service is not None and "host" in service.template_tokens else None
        where = f" ({scheme}://{host if host and '.' in host else '...'})" if scheme.isalnum() else ""
        self._problems.setdefault(receiver, f"{receiver.setting}{where}: {why}; alerts wait")
        return False
