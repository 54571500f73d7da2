// run.mjs: other people's clients against the real binary, all of them side by side: through its being killed, a deploy,
// and streams that end on purpose. Each must end with exactly the facts that the database has, each once and in order, give
// out no empty message, and hear of a question within a second.
//
// PULSESTAGE_BIN and PULSESTAGE_SITE_DIR name the server, PYTHON a Python that has requirements.txt, SSECLIENT_PY the folder
// with requirements-apart.txt. CLIENTS="curl,undici" runs some alone.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const { PULSESTAGE_BIN, PULSESTAGE_SITE_DIR, PYTHON, SSECLIENT_PY } = process.env;
/** A question is heard of within this time, in milliseconds: the middle one of those that are asked while all is well. */
const PROMPT_MS = 1_000;
/** Nothing takes longer than this. */
const PATIENCE_MS = 30_000;

/** Name, package, and what runs it. */
const NODE = [
  ['eventsource@4', 'eventsource'],
  ['eventsource@2', 'eventsource-2'],
  ['launchdarkly-eventsource', 'launchdarkly-eventsource'],
  ['undici', 'undici'],
  ['event-source-polyfill', 'event-source-polyfill'],
  ['extended-eventsource', 'extended-eventsource'],
  ['reconnecting-eventsource', 'reconnecting-eventsource'],
  ['fetch-event-source', '@microsoft/fetch-event-source'],
  ['eventsource-client', 'eventsource-client'],
  ['fetch + eventsource-parser', 'eventsource-parser'],
  ['node-fetch + eventsource-parser', 'node-fetch'],
  ['axios + eventsource-parser', 'axios'],
  ['curl', ''],
];
const PYTHONS = [
  ['sseclient', 'sseclient'],
  ['sseclient-py + requests', 'sseclient-py'],
  ['httpx-sse', 'httpx-sse'],
  ['requests-sse', 'requests-sse'],
  ['launchdarkly-eventsource (Python)', 'launchdarkly-eventsource'],
  ['aiohttp-sse-client2', 'aiohttp-sse-client2'],
  ['aiosseclient', 'aiosseclient'],
];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what, isSo) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${typeof what === 'string' ? what : what()}`);
    await sleep(50);
  }
}

/** The version of a package, as it was installed. */
function version(tool, name) {
  if (name === '') return '';
  if (tool === 'node') {
    return JSON.parse(readFileSync(join(HERE, 'node_modules', name, 'package.json'), 'utf8')).version;
  }
  const wanted = ['requirements.txt', 'requirements-apart.txt'].map((file) => readFileSync(join(HERE, file), 'utf8')).join('');
  return wanted.split('\n').find((line) => line.startsWith(`${name}==`))?.split('==')[1] ?? '';
}

/** One client: everything that it gave out. */
class Client {
  facts = [];
  types = new Set();
  delays = [];
  wrong = [];
  lastError = '';

  constructor(tool, name, url) {
    this.name = name;
    const [program, script] = tool === 'node' ? [process.execPath, 'listen.mjs'] : [PYTHON, 'listen.py'];
    this.child = spawn(program, [join(HERE, script), name, url], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.lastError = (this.lastError + text).slice(-2_000)));
    this.child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') this.wrong.push(`ended by itself with ${code ?? signal}: ${this.lastError.trim().slice(-300)}`);
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      // What a package prints by itself is no message of its.
      if (line.startsWith('{"')) this.hear(JSON.parse(line));
    });
  }

  hear({ data, id, at, ended, broken }) {
    if (broken !== undefined) this.wrong.push(`could not read the stream: ${broken}`);
    if (ended !== undefined || broken !== undefined) return;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      this.wrong.push(`a message without data: ${JSON.stringify({ data, id })}`);
      return;
    }
    this.types.add(message.type);
    // It could have stayed and was not told to: no client of a board may have to load it here.
    if (message.type === 'resync') this.wrong.push('it was told to load the board');
    if (message.type !== 'question:created') return;
    this.facts.push({ question: message.data.id, seq: Number(String(id ?? '').split('-')[1]) });
    const asked = Client.asked.get(message.data.id);
    if (asked !== undefined) this.delays.push(Math.max(0, at - asked));
  }

  has(question) {
    return this.facts.some((fact) => fact.question === question);
  }

  /** The middle one of the delays of questions that were asked while all was well. */
  delay() {
    const sorted = [...this.delays].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  }

  close() {
    this.child.kill('SIGKILL');
  }
}
/** When questions were asked whose way is measured, by id. */
Client.asked = new Map();

/** The server: one data folder and one port, whatever is done to the process. */
class Server {
  data = mkdtempSync(join(tmpdir(), 'pulsestage-clients-'));
  log = '';

  async start(flags = []) {
    const known = await output(PULSESTAGE_BIN, ['serve', '--help']);
    // Nobody waits here for load balancers that are not there.
    const linger = known.includes('--linger-s') ? ['--linger-s', '0'] : [];
    this.port ??= await freePort();
    const off = ['streams-per-unknown-network', 'reads-per-unknown-network', 'asks-per-participant', 'asks-per-tenant'];
    const args = ['serve', '--addr', `127.0.0.1:${this.port}`, '--data-dir', this.data, '--site-dir', PULSESTAGE_SITE_DIR];
    args.push('--drain-s', '1', '--heartbeat-s', '5', ...off.flatMap((name) => [`--${name}`, '0']), ...linger, ...flags);
    this.child = spawn(PULSESTAGE_BIN, args, { stdio: ['ignore', 'ignore', 'pipe'], env: environment() });
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.log = (this.log + text).slice(-4_000)));
    this.gone = new Promise((resolve) => this.child.once('exit', resolve));
    await until(() => `the server to answer\n${this.log}`, async () => {
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      return answer?.ok ?? false;
    });
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async end(signal) {
    this.child.kill(signal);
    await this.gone;
  }

  /** Asks a question as somebody who has opened the page; gives its id. */
  async ask(text) {
    this.cookie ??= (await fetch(this.url)).headers.getSetCookie()[0].split(';')[0];
    this.team ??= (await this.board()).teams[0].id;
    const answer = await fetch(`${this.url}/api/fn/ask`, {
      method: 'POST',
      headers: { cookie: this.cookie, accept: 'application/json' },
      body: new URLSearchParams({ tenant: '', team: this.team, question: text, again: 'true' }),
    });
    if (!answer.ok) throw new Error(`a question was refused: ${await answer.text()}`);
    return (await answer.json()).id;
  }

  async board() {
    return (await (await fetch(`${this.url}/api/fn/load_board?tenant=`)).json()).board;
  }
}

/** Our environment without what would change the server's settings. */
function environment() {
  const ours = /^(PULSESTAGE_|LEPTOS_|DATABASE_URL$|REDIS_URL$|RUST_LOG$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

function output(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => (text += more));
    child.once('error', reject);
    child.once('close', () => resolve(text));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function everybodyHas(clients, questions, when) {
  const missing = () =>
    clients.filter((client) => client.wrong.length === 0 && !questions.every((id) => client.has(id))).map(({ name }) => name);
  // Who does not get there is told of at the end, with what was wrong; here they only end the waiting.
  await until('', () => missing().length === 0).catch(() => {
    for (const client of clients) {
      const left = questions.filter((id) => !client.has(id)).length;
      if (left > 0) client.wrong.push(`${left} of ${questions.length} facts have not come ${when}`);
    }
  });
}

async function main() {
  const server = new Server();
  const clients = [];
  try {
    await server.start();
    const begun = await server.board();
    const url = `${server.url}/sse?tenantId=default`;
    const chosen = process.env.CLIENTS?.split(',');
    for (const [tool, list] of [['node', NODE], ['python', PYTHON === undefined ? [] : PYTHONS]]) {
      for (const [name, pack] of list) {
        if (chosen !== undefined && !chosen.includes(name)) continue;
        const client = new Client(tool, name, url);
        clients.push(Object.assign(client, { version: version(tool, pack) }));
      }
    }
    const waiting = () => clients.filter(({ types, wrong }) => !types.has('connected') && wrong.length === 0);
    await until('', () => waiting().length === 0).catch(() => {
      for (const client of waiting()) client.wrong.push(`was never connected ${client.lastError}`);
    });

    const asked = [];
    const ask = async (text) => asked.push(await server.ask(text));
    for (let n = 1; n <= 5; n += 1) {
      const id = await server.ask(`While all is well, ${n}?`);
      Client.asked.set(id, Date.now());
      asked.push(id);
      await sleep(400);
    }
    await everybodyHas(clients, asked, 'while all was well');

    await server.end('SIGKILL');
    await server.start();
    await ask('After it was killed?');
    await ask('And once more?');
    await everybodyHas(clients, asked, 'after the server was killed');

    await server.end('SIGTERM');
    await server.start(['--stream-life-s', '2']);
    await ask('After a deploy?');
    await everybodyHas(clients, asked, 'after a deploy');

    // Now every stream ends on purpose after some two seconds.
    for (let n = 1; n <= 4; n += 1) {
      await ask(`While streams come and go, ${n}?`);
      await sleep(1_000);
    }
    await everybodyHas(clients, asked, 'while streams ended on purpose');

    const { questions, cursor } = await server.board();
    const facts = Number(cursor.split('-')[1]);
    const first = Number(begun.cursor.split('-')[1]) + 1;
    for (const client of clients) {
      const seqs = client.facts.map(({ seq }) => seq);
      const right = Array.from({ length: facts - first + 1 }, (_, n) => first + n);
      if (JSON.stringify(seqs) !== JSON.stringify(right)) client.wrong.push(`facts ${seqs} instead of ${right}`);
      if (!Object.keys(questions).every((id) => client.has(id))) client.wrong.push('not what the database has');
      if (!(client.delay() <= PROMPT_MS)) client.wrong.push(`a question took ${client.delay()} ms`);
      if (!client.types.has('closing')) client.wrong.push('it was never told that its stream ends');
    }
  } finally {
    clients.forEach((client) => client.close());
    server.child?.kill('SIGKILL');
    await server.gone;
    rmSync(server.data, { recursive: true, force: true });
  }
  const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
  row(['client', 'version', 'facts', 'heard after', 'ends']);
  row(['---', '---', '---', '---', '---']);
  for (const client of clients) {
    const outcome = client.wrong.length === 0 ? 'as the database' : `**${client.wrong.join('; ')}**`;
    row([client.name, client.version, client.facts.length, `${client.delay()} ms`, outcome]);
  }
  if (clients.some(({ wrong }) => wrong.length > 0)) process.exitCode = 1;
}

await main();
