/** What the gateway adds to the app, for the development server and the preview: the policy of the pages, and the mail frame. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { frameAnswer, framePath } from "../src/reading/mail-frame.ts";

/** The policy of the gateway's pages. The development server alone needs more, because it puts styles into the page by script. */
function policy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    `connect-src 'self' ws://${host}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    `frame-src http://${host}/${framePath} http://${host}/sw.js`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types mail-frame waypost waypost-app svelte-trusted-html dompurify",
  ].join("; ");
}

function answer(request: IncomingMessage, response: ServerResponse, next: () => void, strict: boolean): void {
  const [path = "/", query] = (request.url ?? "/").split("?", 2);
  if (path === `/${framePath}`) {
    const { body, headers } = frameAnswer(query === undefined ? "" : `?${query}`);
    response.writeHead(200, headers).end(body);
    return;
  }
  if (strict) response.setHeader("content-security-policy", policy(request.headers.host ?? "localhost"));
  next();
}

export function gateway(): Plugin {
  return {
    name: "waypost-gateway",
    configureServer: (server) => void server.middlewares.use((request, response, next) => answer(request, response, next, false)),
    configurePreviewServer: (server) => void server.middlewares.use((request, response, next) => answer(request, response, next, true)),
  };
}
