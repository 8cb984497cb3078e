/** Connects and signs in over IMAP. */
import { wrongArgument } from "../errors.js";
import { connected } from "./connecting.js";
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
  if (!expander) {
    const { glue, memory } = module.instanceNow();
    expander = { machine: new glue.Expander(), memory, died: () => expanders.delete(module) };
    expanders.set(module, expander);
  }
  return expander;
}

/** Opens a session: greeting, TLS where it is wanted, login, capabilities. */
export async function openImap(module: ImapModule, options: ImapOptions, signal?: AbortSignal): Promise<ImapSession> {
  if (options.host === "") throw wrongArgument("`host` must be the name of a mail server.");
  return connected(
    module,
    options,
    [993, 143],
    ({ glue, memory }, duplex, target) => new ImapSession(new glue.Imap(target.security === "starttls"), memory, duplex, target, () => expanderOf(module)),
    (session, target) =>
      signIn(session, options, target).catch((error: unknown) => {
        session.abort();
        throw error;
      }),
    signal,
  );
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
