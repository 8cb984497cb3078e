/** Connects and signs in over IMAP. */
import { MailError, wrongArgument } from "../errors.js";
import { fault } from "../faults.js";
import { discard } from "../transports/discard.js";
import { onAbort } from "../transports/waiting.js";
import type { Expander } from "./expansion.js";
import type { ImapGlue } from "./imap-machine.js";
import { ImapSession } from "./imap-session.js";
import type { ImapOptions } from "./imap-types.js";
import type { Instance } from "./module.js";
import type { Target } from "./transport.js";

/** A module of the package that has IMAP. */
export interface ImapModule {
  instance(): Promise<Instance<ImapGlue>>;
  /** An instance at once, of a module that is loaded. */
  instanceNow(): Instance<ImapGlue>;
}

/** Rows outlive their connection, so one instance for all takes them apart; one that died is replaced. */
const expanders = new WeakMap<ImapModule, Expander>();

function expanderOf(module: ImapModule): Expander {
  let expander = expanders.get(module);
  if (expander === undefined) {
    const { glue, memory } = module.instanceNow();
    expander = { machine: new glue.Expander(), memory, died: () => expanders.delete(module) };
    expanders.set(module, expander);
  }
  return expander;
}

/** Opens a session: greeting, TLS where it is wanted, login, capabilities. */
export async function openImap(module: ImapModule, options: ImapOptions, signal?: AbortSignal): Promise<ImapSession> {
  signal?.throwIfAborted();
  const target = targetOf(options);
  const loading = module.instance();
  loading.catch(() => undefined);
  const duplex = await options.transport.connect(target, signal);
  const session = await loading
    .then(({ glue, memory }) => new ImapSession(new glue.Imap(target.security === "starttls"), memory, duplex, target, () => expanderOf(module)))
    .catch((error: unknown) => {
      discard(duplex);
      throw error instanceof WebAssembly.RuntimeError ? new MailError(fault("internal"), { cause: error }) : error;
    });
  const heard = onAbort(signal, () => { session.abort(); });
  try {
    signal?.throwIfAborted();
    await signIn(session, options, target);
    return session;
  } catch (error) {
    session.abort();
    signal?.throwIfAborted();
    throw error;
  } finally {
    heard();
  }
}

async function signIn(session: ImapSession, { auth }: ImapOptions, { security }: Target): Promise<void> {
  const preauth = await session.start();
  if (security === "starttls") {
    await capabilities(session);
    // A server that greets with PREAUTH can't be asked for TLS any more; wasm ends the connection then.
    if (!session.offers("STARTTLS")) throw session.failure("plaintext-refused");
    await session.run(["starttls"]);
  }
  if (!preauth) {
    await capabilities(session);
    const [secret, token] = "accessToken" in auth ? [auth.accessToken, true] : [auth.password, false];
    await session.signIn(auth.username, secret, token, security !== "none");
  }
  await capabilities(session);
}

/** What the server can do now: as it said by itself, or asked for. */
async function capabilities(session: ImapSession): Promise<void> {
  if (!session.knowsCapabilities()) await session.run(["capability"]);
}

function targetOf({ host, port, security = "tls" }: ImapOptions): Target {
  const known = port ?? (security === "tls" ? 993 : 143);
  if (!Number.isInteger(known) || known < 1 || known > 65_535) throw wrongArgument("`port` must be 1 to 65535.");
  if (host === "") throw wrongArgument("`host` must be the name of a mail server.");
  return { host, port: known, security };
}
