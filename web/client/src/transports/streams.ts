/** Over streams that a program has already, or makes for each connection. */
import { MailError, wrongArgument } from "../errors.js";
import type { Duplex, Target, Transport } from "../clients/transport.js";
import { discard } from "./discard.js";
import { failure } from "./failures.js";
import { connectTime, ignore, within } from "./waiting.js";

/**
 * Makes the streams for a target, with TLS already where `target.security` is `tls`.
 *
 * @example
 * // Deno
 * const maker: StreamMaker = ({ host: hostname, port }) => Deno.connectTls({ hostname, port });
 */
export type StreamMaker = (target: Target, signal?: AbortSignal) => Duplex | Promise<Duplex>;

/**
 * How streams are used.
 *
 * @example
 * const options: StreamsOptions = { timeout: 5_000 };
 */
export interface StreamsOptions {
  /** How long a function may take to make them, in milliseconds. Default 20,000. */
  readonly timeout?: number;
}

/**
 * A transport over a pair of WHATWG streams of octets, such as those of Deno or Cloudflare Workers, or over a function that makes
 * a pair for each connection. One pair serves one connection. With `security: "tls"` TLS must be on the streams already: say
 * `tls: null` where there is none, and it is refused. `starttls` needs `upgradeToTls`.
 *
 * What a function throws that is no `MailError` is told as `unreachable`, with it as the cause.
 *
 * @example
 * const imap = await ImapClient.connect({ ...options, transport: streams(({ host: hostname, port }) => Deno.connectTls({ hostname, port })) });
 */
export function streams(source: Duplex | StreamMaker, options: StreamsOptions = {}): Transport {
  return {
    async connect(target, signal) {
      signal?.throwIfAborted();
      const duplex = typeof source === "function" ? await made(source, target, signal, options.timeout ?? connectTime) : source;
      if (duplex.readable.locked || duplex.writable.locked) {
        throw wrongArgument("These streams are in use already. Give a function that makes a pair for each connection.");
      }
      if (target.security === "tls" && duplex.tls === null) throw failure("tls-unsupported");
      return duplex;
    },
  };
}

async function made(source: StreamMaker, target: Target, signal: AbortSignal | undefined, timeout: number): Promise<Duplex> {
  let gone = false;
  const making = (async () => source(target, signal))().then(
    (duplex) => {
      // It came too late for anybody to want it.
      if (gone) discard(duplex);
      return duplex;
    },
    (cause: unknown) => {
      throw cause instanceof MailError ? cause : failure("unreachable", { ...target, cause });
    },
  );
  making.catch(ignore);
  return within(making, timeout, signal, () => {
    gone = true;
    return failure("timeout", target);
  });
}
