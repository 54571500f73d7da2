// listen.mjs CLIENT URL: one client of an npm package, or curl. Each message that it gives out is a line of JSON here:
// its data and its id as the client has them, and when. It follows the stream until the process is killed.

import { spawn } from 'node:child_process';

const [, , client, url] = process.argv;
/** How long a driver of ours waits before it comes back, where the client leaves that to it, in milliseconds. */
const PAUSE_MS = 500;

const say = (line) => process.stdout.write(`${JSON.stringify({ ...line, at: Date.now() })}\n`);
const heard = (data, id) => say({ data, id });
const ended = (why) => say({ ended: String(why ?? 'the stream ended') });
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** Follows what has the interface of EventSource and comes back by itself. */
function follow(source) {
  source.onmessage = ({ data, lastEventId }) => heard(data, lastEventId);
  source.onerror = (error) => ended(error?.message ?? error?.type);
}

/** Opens a stream again and again, each time at the last id: for what reads one answer and no more. */
async function again(open) {
  let last;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) };
      await open(headers, ({ data, id }) => {
        if (id) last = id;
        heard(data, id);
      });
      ended();
    } catch (error) {
      ended(error.message);
    }
    await pause();
  }
}

/** Feeds an answer's bytes to eventsource-parser. */
async function parse(body, onEvent) {
  const { createParser } = await import('eventsource-parser');
  const parser = createParser({ onEvent, onError: (error) => say({ broken: error.message }) });
  const decoder = new TextDecoder();
  for await (const bytes of body) parser.feed(decoder.decode(bytes, { stream: true }));
}

/** What packages for browsers take from a page. */
function page() {
  globalThis.window = globalThis;
  globalThis.addEventListener ??= () => {};
  globalThis.document = { hidden: false, visibilityState: 'visible', addEventListener() {}, removeEventListener() {} };
}

const CLIENTS = {
  'eventsource@4': async () => follow(new (await import('eventsource')).EventSource(url)),
  'eventsource@2': async () => follow(new (await import('eventsource-2')).default(url)),
  'launchdarkly-eventsource': async () => follow(new (await import('launchdarkly-eventsource')).EventSource(url)),
  undici: async () => follow(new (await import('undici')).EventSource(url)),
  'event-source-polyfill': async () => {
    page();
    const { EventSourcePolyfill } = (await import('event-source-polyfill')).default;
    follow(new EventSourcePolyfill(url));
  },
  'extended-eventsource': async () => {
    page();
    const { EventSource } = await import('extended-eventsource');
    follow(new EventSource(url, { retry: PAUSE_MS }));
  },
  'reconnecting-eventsource': async () => {
    const { EventSource } = await import('undici');
    const { default: Reconnecting } = await import('reconnecting-eventsource');
    follow(new Reconnecting(url, { eventSourceClass: EventSource, max_retry_time: PAUSE_MS }));
  },
  'fetch-event-source': async () => {
    page();
    const { fetchEventSource } = await import('@microsoft/fetch-event-source');
    await fetchEventSource(url, {
      openWhenHidden: true,
      onmessage: ({ data, id }) => heard(data, id),
      onclose: () => {
        ended();
        // It takes an end for the end unless this throws.
        throw new Error('come back');
      },
      onerror: () => {},
    });
  },
  'eventsource-client': async () => {
    const { createEventSource } = await import('eventsource-client');
    createEventSource({ url, onMessage: ({ data, id }) => heard(data, id), onDisconnect: () => ended() });
  },
  'fetch + eventsource-parser': () =>
    again(async (headers, on) => parse((await fetch(url, { headers })).body, on)),
  'node-fetch + eventsource-parser': async () => {
    const { default: fetch } = await import('node-fetch');
    await again(async (headers, on) => parse((await fetch(url, { headers })).body, on));
  },
  'axios + eventsource-parser': async () => {
    const { default: axios } = await import('axios');
    await again(async (headers, on) => parse((await axios.get(url, { headers, responseType: 'stream' })).data, on));
  },
  curl: () =>
    again(async (headers, on) => {
      const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
      const child = spawn('curl', ['-sSN', ...fields, url], { stdio: ['ignore', 'pipe', 'ignore'] });
      await parse(child.stdout, on);
    }),
};

// Some wait for their next try with timers that keep no process alive.
setInterval(() => {}, 60_000);

const start = CLIENTS[client];
if (start === undefined) throw new Error(`there is no client ${client}`);
await start();
