"""listen.py CLIENT URL: one client of a PyPI package. Each message that it gives out is a line of JSON here: its data and its
id as the client has them, and when. It follows the stream until the process is killed."""

import asyncio
import json
import os
import sys
import time

CLIENT, URL = sys.argv[1], sys.argv[2]
# How long a driver of ours waits before it comes back, where the client leaves that to it, in seconds.
PAUSE = 0.5


def say(**line):
    print(json.dumps({**line, "at": int(time.time() * 1000)}), flush=True)


def heard(event):
    identifier = getattr(event, "id", None) or getattr(event, "last_event_id", None)
    say(data=event.data, id=identifier)
    return identifier


def again(opened):
    """Opens a stream again and again, each time at the last id: for what reads one answer and no more."""
    last = None
    while True:
        try:
            headers = {"accept": "text/event-stream", **({"last-event-id": last} if last else {})}
            for event in opened(headers):
                last = heard(event) or last
            say(ended="the stream ended")
        except Exception as error:  # whatever a client makes of a server that was killed
            say(ended=repr(error))
        time.sleep(PAUSE)


async def again_async(opened):
    """The same for what reads in a loop of events."""
    last = None
    while True:
        try:
            headers = {"accept": "text/event-stream", **({"last-event-id": last} if last else {})}
            async for event in opened(headers):
                last = heard(event) or last
            say(ended="the stream ended")
        except Exception as error:
            say(ended=repr(error))
        await asyncio.sleep(PAUSE)


def sseclient():
    from sseclient import SSEClient

    # It comes back by itself with its last id, and not when the server is away for a moment. It reads the bare socket: it
    # must ask for text as it is, and takes the last chunk for a message without data.
    last = None
    identity = {"accept-encoding": "identity"}
    while True:
        try:
            for event in SSEClient(URL, last_id=last, retry=int(PAUSE * 1000), headers=dict(identity)):
                if event.data:
                    last = heard(event) or last
        except Exception as error:
            say(ended=repr(error))
        time.sleep(PAUSE)


def sseclient_py():
    # It has the name of another package, and so a folder of its own.
    sys.path.insert(0, os.environ["SSECLIENT_PY"])
    import requests
    from sseclient import SSEClient

    again(lambda headers: SSEClient(requests.get(URL, stream=True, headers=headers, timeout=30)).events())


def httpx_sse():
    import httpx
    from httpx_sse import connect_sse

    def opened(headers):
        with httpx.Client(timeout=30) as client, connect_sse(client, "GET", URL, headers=headers) as source:
            yield from source.iter_sse()

    again(opened)


def requests_sse():
    from requests_sse import EventSource

    def opened(headers):
        with EventSource(URL, headers=headers, timeout=30, max_connect_retry=0) as source:
            yield from source

    again(opened)


def launchdarkly():
    from ld_eventsource import SSEClient
    from ld_eventsource.actions import Event, Fault
    from ld_eventsource.config import ErrorStrategy, RetryDelayStrategy

    delay = RetryDelayStrategy.default(max_delay=1, backoff_multiplier=1)
    client = SSEClient(URL, error_strategy=ErrorStrategy.always_continue(), initial_retry_delay=PAUSE,
                       retry_delay_strategy=delay)
    for action in client.all:
        if isinstance(action, Event):
            heard(action)
        elif isinstance(action, Fault):
            say(ended=repr(action.error))


def aiohttp_sse_client2():
    from aiohttp_sse_client2 import client

    async def opened(headers):
        async with client.EventSource(URL, headers=headers, max_connect_retry=0) as source:
            async for event in source:
                yield event

    asyncio.run(again_async(opened))


def aiosseclient():
    from aiosseclient import aiosseclient as read

    async def opened(headers):
        async for event in read(URL, headers=headers):
            yield event

    asyncio.run(again_async(opened))


{
    "sseclient": sseclient,
    "sseclient-py + requests": sseclient_py,
    "httpx-sse": httpx_sse,
    "requests-sse": requests_sse,
    "launchdarkly-eventsource (Python)": launchdarkly,
    "aiohttp-sse-client2": aiohttp_sse_client2,
    "aiosseclient": aiosseclient,
}[CLIENT]()
