// node eventbus.mjs PORT: an in-memory event bus as many a Node service has one. A map from tenant to open responses;
// an event is encoded once and written to each of them. No framework, so that Node itself is what is measured.

import { createServer } from 'node:http';

const HEARTBEAT_MS = 30_000;
const rooms = new Map();

function envelope(type, tenantId, data) {
  return `data: ${JSON.stringify({ type, tenantId, data, timestamp: Date.now() })}\n\n`;
}

function publish(tenantId, frame) {
  rooms.get(tenantId)?.forEach((response) => response.write(frame));
}

function subscribe(tenantId, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  response.write(envelope('connected', tenantId));
  const room = rooms.get(tenantId) ?? new Set();
  rooms.set(tenantId, room.add(response));
  response.on('close', () => room.delete(response));
}

async function take(tenantId, request, response) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  publish(tenantId, envelope('question:created', tenantId, { body: Buffer.concat(pieces).toString() }));
  response.writeHead(202, { 'Content-Length': 0 }).end();
}

setInterval(() => {
  for (const tenantId of rooms.keys()) publish(tenantId, envelope('heartbeat', tenantId, { timestamp: Date.now() }));
}, HEARTBEAT_MS);

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const tenantId = searchParams.get('tenantId') ?? 'default';
  if (request.method === 'POST') take(tenantId, request, response);
  else if (pathname === '/sub') subscribe(tenantId, response);
  else response.writeHead(404).end();
}).listen(Number(process.argv[2]), '127.0.0.1', 4096);
