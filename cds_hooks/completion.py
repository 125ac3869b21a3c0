"""Prefetch completion: what a client left out is fetched from its FHIR server, before the handler looks at it.

A key is fetched when it is missing or null; null may mean "no data" and may mean "never asked". Of a Bundle that goes
on, the following pages are. What could not be
had becomes an OperationOutcome, so that the handler sees "asked and failed" and not "nothing there". When the first
pages of a search came and a later one did not, the pages that came are kept, because what they hold is true, and an
OperationOutcome of severity error among the entries says that they are not all.
"""

import os
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cache
from urllib.parse import urljoin

import msgspec
import orjson

from cds_hooks.errors import operation_outcome
from cds_hooks.outbound import Address, FetchFailed, Get
from cds_hooks.prefetch import count_asked_for, filled
from cds_hooks.request import HookRequest
from cds_hooks.trust import TrustedClient

_THREADS = 48
_MOST_PAGES = 10
# The fetches end a little before the budget does, so that pages that came are still handed over.
_HANDOVER_SECONDS = 0.02


class _Link(msgspec.Struct):
    relation: str = ""
    url: str = ""


class _Page(msgspec.Struct):
    """As much of a resource as tells what it is, what it holds and where it goes on."""

    resourceType: str  # noqa: N815 - the name on the wire
    link: list[_Link] | None = None
    entry: list[msgspec.Raw] | None = None


_PAGE = msgspec.json.Decoder(_Page)


@dataclass(frozen=True, slots=True)
class Completion:
    """Completes the prefetch of requests.

    Attributes:
        get: How to call out.
        seconds: The time for all fetches of one request together.
        most_bytes: The longest answer, all pages of a key together.
    """

    get: Get
    seconds: float
    most_bytes: int

    def complete(self, request: HookRequest, templates: Mapping[str, str], client: TrustedClient) -> HookRequest:
        """Return the request with all of ``templates`` that could be filled, and without its access token.

        Nothing is fetched without an access token, or from a server that is not the client's to name.
        """
        prefetch = {**request.prefetch, **self._fetched(request, templates, client)}
        return replace(request, prefetch=prefetch, access_token=None)

    def _fetched(
        self, request: HookRequest, templates: Mapping[str, str], client: TrustedClient
    ) -> Mapping[str, bytes]:
        server = _server(request.fhir_server, client)
        if server is None or request.access_token is None:
            return {}
        queries = {key: query for key, template in templates.items() if (query := filled(template, request.context))}
        start = time.monotonic()
        search = _Search(self, server, client, request.access_token, start + self.seconds - _HANDOVER_SECONDS)
        threads = _threads(os.getpid())
        asked: dict[str, Future[bytes]] = {}
        instead: dict[str, bytes] = {}
        for key, query in queries.items():
            sent = request.prefetch.get(key)
            if sent is None or sent.strip() == b"null":
                asked[key], instead[key] = threads.submit(search.value, query), _outcome("timeout")
            elif page := _first_page(sent, query):
                instead[key] = _bundle([*(page.entry or ()), _INCOMPLETE])
                asked[key] = threads.submit(search.rest, page, query, len(sent))
        wait(asked.values(), timeout=start + self.seconds - time.monotonic())
        return {key: _came(future, instead[key]) for key, future in asked.items()}


@cache
def _threads(_process: int) -> ThreadPoolExecutor:
    # One pool a process: the threads of the process that we were forked from are not here.
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="fetch")


def _server(url: str | None, client: TrustedClient) -> str | None:
    """The base address to fetch from, if the client may name it."""
    if url is None or "?" in url or not client.may_name(url):
        return None
    return url.rstrip("/")


def _first_page(sent: bytes, query: str) -> _Page | None:
    """The Bundle that the client sent, if it goes on and has fewer entries than the template asks for."""
    if b'"next"' not in sent:
        return None
    try:
        page = _read(sent, "Bundle")
    except FetchFailed:
        return None
    return page if _goes_on(page, count_asked_for(query), len(page.entry or ())) else None


def _came(future: Future[bytes], instead: bytes) -> bytes:
    if future.cancel() or not future.done():
        return instead
    return future.result()


def _outcome(issue_type: str) -> bytes:
    return orjson.dumps(operation_outcome(issue_type, "Asked of the FHIR server, and not received."))


@dataclass(frozen=True, slots=True)
class _Search:
    """The fetches of one request: where, as whom, and until when."""

    completion: Completion
    server: str
    client: TrustedClient
    token: str = field(repr=False)
    deadline: float

    def value(self, query: str) -> bytes:
        """The prefetch value for a filled template: what was received, or an OperationOutcome."""
        try:
            url = f"{self.server}/{query}"
            first = self._get(url, self.completion.most_bytes)
            page = _read(first, "Bundle" if "?" in query else query.partition("/")[0])
        except FetchFailed:
            return _outcome("incomplete")
        # A template that asks for the latest ten has its answer with ten entries, though a server could go on.
        enough = count_asked_for(query)
        if _goes_on(page, enough, len(page.entry or ())) is None:
            return first
        return self._with_later_pages(page, url, len(first), enough)

    def rest(self, page: _Page, query: str, size: int) -> bytes:
        """The page that the client sent of the answer to this query, with the pages that it left out."""
        return self._with_later_pages(page, f"{self.server}/{query}", size, count_asked_for(query))

    def _with_later_pages(self, page: _Page, url: str, size: int, enough: int | None) -> bytes:
        entries = [*(page.entry or ())]
        left = self.completion.most_bytes - size
        pages = 1
        try:
            while (link := _goes_on(page, enough, len(entries))) is not None:
                url = self._following(url, link)
                if pages == _MOST_PAGES:
                    raise FetchFailed("too many pages")
                body = self._get(url, left)
                page = _read(body, "Bundle")
                entries += page.entry or ()
                left -= len(body)
                pages += 1
        except FetchFailed:
            entries.append(_INCOMPLETE)
        return _bundle(entries)

    def _following(self, url: str, link: str) -> str:
        """The address of the next page: the token may go to the server it was given for, and to no other."""
        try:
            following = urljoin(url, link)
            stays = Address.parse(url).same_origin(Address.parse(following))
        except ValueError:
            raise FetchFailed("a link that cannot be followed") from None
        if not stays or not self.client.may_name(following):
            raise FetchFailed("a link to elsewhere")
        return following

    def _get(self, url: str, most_bytes: int) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/fhir+json"}
        return self.completion.get(url, headers=headers, deadline=self.deadline, most_bytes=most_bytes)


def _read(body: bytes, resource_type: str) -> _Page:
    try:
        body.decode()  # the decoder skips over raw values without a look at their encoding
        page = _PAGE.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise FetchFailed("not FHIR") from None
    if page.resourceType != resource_type:
        raise FetchFailed("another resource type")
    return page


def _goes_on(page: _Page, enough: int | None, came: int) -> str | None:
    """The link to the next page, if there is one and it is wanted after the entries that came."""
    if enough is not None and came >= enough:
        return None
    return next((link.url for link in page.link or () if link.relation == "next"), None)


def _bundle(entries: list[msgspec.Raw]) -> bytes:
    return b'{"resourceType":"Bundle","type":"searchset","entry":[' + b",".join(map(bytes, entries)) + b"]}"


_INCOMPLETE = msgspec.Raw(
    orjson.dumps(
        {
            "resource": operation_outcome("incomplete", "A following page was asked for, and not received."),
            "search": {"mode": "outcome"},
        }
    )
)
