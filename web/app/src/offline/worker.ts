/// <reference lib="webworker" />
/**
 * The service worker. It keeps the files of one build, so that the app starts with the gateway gone, and answers with the mail
 * frame. It never keeps mail, and never touches the tunnel: whatever is not listed here goes to the network as if it were not there.
 *
 * A build must not stay because it is kept. So the start page comes from the network first; it and the files that it names are
 * kept together or not at all; and a new worker takes over only after all of its files are here.
 */
import { frameAnswer, framePath } from "../reading/mail-frame";

declare const self: ServiceWorkerGlobalScope;
/** The hashed files of this build, from the folder of the start page, and what tells builds apart that have the same files. Written in by the build. */
declare const BUILD_FILES: readonly string[];
declare const BUILD_ID: string;

/** The folder that this worker lies in: the gateway may serve the app under a part of a host. */
const start = new URL("./", self.location.href).pathname;
const files = BUILD_FILES.map((path) => start + path);
/** How long the network may take for the start page before the kept one is shown. */
const patienceMs = 2000;
/** Two apps under one host share their caches. */
const prefix = start === "/" ? "build-" : `build:${start}:`;
/** Follows from the list itself, so that two lists never share a cache. */
const cacheName = nameOfBuild();

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === start + framePath) event.respondWith(mailFrame(url.search));
    else if (url.pathname === start || url.pathname === `${start}index.html`) event.respondWith(startPage(request));
  } else if (files.includes(url.pathname)) event.respondWith(kept(request));
});

async function install(): Promise<void> {
  const name = await cacheName;
  try {
    const cache = await caches.open(name);
    const page = await whole(new Request(start, { cache: "no-cache" }));
    const named = (await page.clone().text()).match(/\bassets\/[\w.-]+/g) ?? [];
    // A deployment may come between the worker and the page; then the next visit tries again.
    if (!named.every((path) => BUILD_FILES.includes(path))) throw new Error("The start page belongs to another build.");
    await Promise.all(files.map(async (path) => cache.put(path, await whole(new Request(path)))));
    await cache.put(start, page);
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  const name = await cacheName;
  const old = (await caches.keys()).filter((other) => other.startsWith(prefix) && other !== name);
  await Promise.all(old.map((other) => caches.delete(other)));
}

async function nameOfBuild(): Promise<string> {
  const octets = new TextEncoder().encode(JSON.stringify([BUILD_ID, BUILD_FILES]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
  return prefix + Array.from(digest.subarray(0, 12), (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** An answer of our own gateway; a login page of some network, or a start page in place of a missing file, is none. */
async function whole(request: Request): Promise<Response> {
  const response = await fetch(request);
  const isPage = response.headers.get("content-type")?.startsWith("text/html") === true;
  if (!response.ok || response.redirected || isPage !== (new URL(request.url).pathname === start)) throw new Error(`No whole answer for ${request.url}.`);
  return response;
}

async function kept(request: Request): Promise<Response> {
  const cache = await caches.open(await cacheName);
  return (await cache.match(request.url)) ?? fetch(request);
}

async function startPage(request: Request): Promise<Response> {
  const cache = await caches.open(await cacheName);
  const fromHere = await cache.match(start);
  if (fromHere === undefined) return fetch(request);
  const network = fetch(request).then((response) => (response.ok || response.type === "opaqueredirect" ? response : fromHere));
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(fromHere), patienceMs));
  return Promise.race([network.catch(() => fromHere), late]);
}

function mailFrame(query: string): Response {
  const { body, headers } = frameAnswer(query);
  return new Response(body, { headers });
}
