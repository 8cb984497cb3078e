/** A plain TCP relay that counts, slows down and cuts. It stands between the gateway and the mail server. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class Relay {
  /** How often the client spoke after the server had: the round trips of all connections so far. */
  roundTrips = 0;
  /** All connections so far. */
  connections = 0;
  /** What the client has said on each connection so far, one character for each octet. */
  readonly said: string[] = [];
  /** Octets from the server, of all connections so far. */
  octetsDown = 0;
  /** Octets from the server per millisecond and connection; no bound by default. */
  octetsPerMillisecond = Number.POSITIVE_INFINITY;
  /** Octets from the server that still pass; those after them are held. */
  private room = Number.POSITIVE_INFINITY;
  private readonly open = new Set<Socket>();
  /** Connections to the server whose octets are held. */
  private readonly held = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static start(target: number): Promise<Relay> {
    return new Promise((resolve, reject) => {
      const server = createServer((client) => relay.carry(client, target));
      let relay: Relay;
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        if (address === null || typeof address === "string") return reject(new Error("no port"));
        relay = new Relay(server, address.port);
        resolve(relay);
      });
    });
  }

  /** Connections that are open now. */
  get current(): number {
    return this.open.size;
  }

  /** Lets so many more octets come from the server, over all connections, and holds what is after them. */
  allow(octets: number): void {
    this.room = octets;
    for (const server of this.held) server.resume();
    this.held.clear();
  }

  /** Cuts all connections that are open now; new ones are carried. */
  cut(): void {
    for (const socket of this.open) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private carry(client: Socket, target: number): void {
    const number = this.connections;
    this.connections += 1;
    this.said.push("");
    this.open.add(client);
    const server = connect({ host: "127.0.0.1", port: target });
    client.setNoDelay(true);
    server.setNoDelay(true);
    let serverSpokeLast = true;
    client.on("data", (chunk: Buffer) => {
      if (serverSpokeLast) this.roundTrips += 1;
      serverSpokeLast = false;
      this.said[number] += chunk.toString("latin1");
      server.write(chunk);
    });
    server.on("data", (chunk: Buffer) => {
      serverSpokeLast = true;
      const now = chunk.subarray(0, this.room);
      this.room -= now.length;
      this.octetsDown += now.length;
      client.write(now);
      if (now.length < chunk.length) {
        server.pause();
        server.unshift(chunk.subarray(now.length));
        this.held.add(server);
        return;
      }
      const pause = chunk.length / this.octetsPerMillisecond;
      if (pause < 1) return;
      server.pause();
      setTimeout(() => server.resume(), pause);
    });
    client.on("end", () => server.end());
    server.on("end", () => client.end());
    client.on("close", () => {
      this.open.delete(client);
      this.held.delete(server);
      server.destroy();
    });
    server.on("close", () => client.destroy());
    // A reset is one of the ways in which a connection ends; "close" follows it.
    client.on("error", () => undefined);
    server.on("error", () => undefined);
  }
}
