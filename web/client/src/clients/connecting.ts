/** How both clients connect: to where, with which module, and what ends the attempt. */
import { internal, wrongArgument } from "../errors.js";
import { discard } from "../transports/discard.js";
import { ignore, onAbort } from "../transports/waiting.js";
import type { Instance } from "./module.js";
import type { Duplex, Security, Target, Transport } from "./transport.js";

/** What the options of both clients say of it. */
interface Where {
  readonly host: string;
  readonly port?: number;
  readonly security?: Security;
  readonly transport: Transport;
}

/** What is made of a connection: `abort` ends it at once. */
interface Opened {
  abort(): void;
}

/** Connects while the module is loaded, makes a session of both and starts it. `ports`: those of the protocol with TLS and without. */
export async function connected<Glue, Session extends Opened>(
  module: { instance(): Promise<Instance<Glue>> },
  { host, port, security = "tls", transport }: Where,
  ports: readonly [number, number],
  make: (instance: Instance<Glue>, duplex: Duplex, target: Target) => Session,
  start: (session: Session, target: Target) => Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<Session> {
  signal?.throwIfAborted();
  const target = { host, port: port ?? ports[security === "tls" ? 0 : 1], security };
  if (!Number.isInteger(target.port) || target.port < 1 || target.port > 65_535) throw wrongArgument("`port` must be 1 to 65535.");
  const loading = module.instance();
  loading.catch(ignore);
  const duplex = await transport.connect(target, signal);
  let heard = ignore;
  try {
    const instance = await loading;
    signal?.throwIfAborted();
    const session = make(instance, duplex, target);
    heard = onAbort(signal, () => { session.abort(); });
    await start(session, target);
    return session;
  } catch (error) {
    discard(duplex);
    signal?.throwIfAborted();
    throw error instanceof WebAssembly.RuntimeError ? internal(error) : error;
  } finally {
    heard();
  }
}
