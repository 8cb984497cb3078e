/** A reverse proxy in front of the gateway that changes answers, as a proxy on the way might, and has some of its own. */
import { createServer, type IncomingMessage, request as ask, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** An answer of the gateway, before it is passed on. */
export interface Answer {
  readonly path: string;
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** Answers a request in the gateway's place; false if it is the gateway's. */
export type Own = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

export class Front {
  /** Port of the gateway. */
  target = 0;

  private readonly tunnels = new Set<Duplex>();

  private constructor(private readonly server: Server) {}

  static async start(change: (answer: Answer) => void, own: Own = () => false): Promise<Front> {
    const server = createServer((incoming, outgoing) => {
      if (own(incoming, outgoing)) return;
      const headers = { ...incoming.headers, "accept-encoding": "identity" };
      const onward = ask({ host: "127.0.0.1", port: front.target, path: incoming.url, method: incoming.method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const answer: Answer = { path: incoming.url ?? "/", status: response.statusCode ?? 502, headers: { ...response.headers }, body: Buffer.concat(chunks) };
          delete answer.headers["transfer-encoding"];
          change(answer);
          answer.headers["content-length"] = String(answer.body.length);
          outgoing.writeHead(answer.status, answer.headers);
          outgoing.end(answer.body);
        });
      });
      onward.on("error", () => outgoing.destroy());
      incoming.pipe(onward);
    });
    const front = new Front(server);
    // A tunnel is passed through octet by octet.
    server.on("upgrade", (incoming, socket, head) => {
      const onward = ask({ host: "127.0.0.1", port: front.target, path: incoming.url, headers: incoming.headers });
      onward.on("upgrade", (response, peer, first) => {
        const lines = Object.entries(response.headers).map(([name, value]) => `${name}: ${String(value)}`);
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
        socket.write(first);
        peer.write(head);
        peer.pipe(socket).pipe(peer);
        peer.on("error", () => socket.destroy());
        socket.on("error", () => peer.destroy());
        front.tunnels.add(socket);
        peer.on("close", () => socket.destroy());
        socket.on("close", () => {
          front.tunnels.delete(socket);
          peer.destroy();
        });
      });
      onward.on("response", () => socket.destroy());
      onward.on("error", () => socket.destroy());
      onward.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return front;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Cuts all tunnels that are open now; new ones are carried. */
  cut(): void {
    for (const tunnel of this.tunnels) tunnel.destroy();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
