/**
 * What the accounts are signed in with and what the gateway asks for, in a Worker's memory and nowhere else: so that a Worker that takes
 * over signs them in again. It is never logged, never stored, and goes only where `secrets` is called.
 */
import type { Answer, Call, Credential, Secrets } from "./port.js";

/** The credentials that are in use now. */
export class Keyring {
  readonly #credentials = new Map<number, Credential>();
  #gatewayToken: string | undefined;

  constructor(gatewayToken?: string) {
    this.#gatewayToken = gatewayToken;
  }

  /** All of them. */
  get secrets(): Secrets {
    return { credentials: [...this.#credentials], gatewayToken: this.#gatewayToken };
  }

  /** Takes over what the leader has, and drops what accounts it has not. */
  replace({ credentials, gatewayToken }: Secrets): void {
    this.#credentials.clear();
    for (const [account, credential] of credentials) this.#credentials.set(account, credential);
    // The page may have opened with one that the leader's page did not have.
    this.#gatewayToken = gatewayToken ?? this.#gatewayToken;
  }

  /** Forgets an account's; whether there was one. */
  drop(account: number): boolean {
    return this.#credentials.delete(account);
  }

  /** Forgets all. */
  clear(): void {
    this.#credentials.clear();
    this.#gatewayToken = undefined;
  }

  /** Learns from a call and what came of it; whether something changed. */
  learn({ name, args }: Call, answer: Answer): boolean {
    const done = "value" in answer;
    switch (name) {
      case "addAccount":
        return done && this.#keep((answer.value as { readonly id: number }).id, args[1]);
      case "signIn":
        return done && this.#keep(args[0], args[1]);
      case "setGatewayToken":
        if (done) this.#gatewayToken = args[0] as string;
        return done;
      case "signOut":
      case "removeAccount":
        // Whatever came of it: who wanted it forgotten does not want it handed on.
        return this.drop(args[0] as number);
      default:
        return false;
    }
  }

  #keep(account: unknown, credential: unknown): boolean {
    this.#credentials.set(account as number, credential as Credential);
    return true;
  }
}
