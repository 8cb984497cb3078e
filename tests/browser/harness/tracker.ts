/** A server that logs each request and each connection: what a sender would learn from a message. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A transparent image of one pixel. */
const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

export class Tracker {
  /** Paths of all requests. */
  readonly requests: string[] = [];
  /** Connections, with or without a request (preconnect). */
  connections = 0;

  private constructor(
    private readonly server: Server,
    /** Pages that it serves besides the pixel, by path. */
    readonly pages: Map<string, string>,
  ) {}

  static async start(): Promise<Tracker> {
    const pages = new Map<string, string>();
    const server = createServer((request, response) => {
      const path = request.url ?? "/";
      const page = pages.get(path);
      if (page === undefined) tracker.requests.push(path);
      response.writeHead(200, { "content-type": page === undefined ? "image/png" : "text/html; charset=utf-8", "access-control-allow-origin": "*" });
      response.end(page ?? pixel);
    });
    const tracker = new Tracker(server, pages);
    server.on("connection", () => (tracker.connections += 1));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return tracker;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
