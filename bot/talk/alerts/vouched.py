"""Client certificates (mTLS) that a proxy of ours has checked: its word counts from its own address alone."""

import hmac
from ipaddress import ip_address, ip_network

from starlette.requests import Request

from bot.errors import BadInput
from bot.talk.alerts.settings import AlertsSettings
from bot.talk.peer import peer_of


class Vouched:
    """Which certificates' subjects may tell of alerts; none, where none is named."""

    def __init__(self, settings: AlertsSettings) -> None:
        """Raises BadInput when subjects are named and nobody, or nobody that can be found, may vouch for them."""
        self._header = settings.subject_header
        self._subjects = tuple(each.encode() for each in settings.client_subjects)
        try:
            self._proxies = tuple(ip_network(each, strict=False) for each in settings.proxies)
        except ValueError as error:
            raise BadInput("error_alerts_proxies", proxies=", ".join(settings.proxies)) from error
        if self._subjects and not self._proxies:
            raise BadInput("error_alerts_proxies", proxies="-")

    def __bool__(self) -> bool:
        return bool(self._subjects)

    def holds(self, request: Request) -> bool:
        """Whether one of our proxies, and nobody else, says that it has seen such a certificate; said once."""
        told = request.headers.getlist(self._header)
        if len(told) != 1 or not self._from_a_proxy(request):
            return False
        given = told[0].encode("utf-8", "surrogateescape")
        return sum(hmac.compare_digest(given, each) for each in self._subjects) > 0

    def _from_a_proxy(self, request: Request) -> bool:
        try:
            peer = ip_address(peer_of(request))
        except ValueError:
            return False
        return any(peer in each for each in self._proxies)
