/**
 * What the gateway that serves this page offers (docs/openapi.yaml, `/api/config`), and the access token that it may ask for.
 *
 * The token is a secret like a password: it is held in memory and stored nowhere, so that it is asked for again after a reload, unless
 * another tab still has it. This page keeps it beside the Worker, because settings are looked for by the page.
 */
import type { Protocol, Security } from "waypost";

/** A mail server that need not be typed. */
export interface Preset {
  readonly host: string;
  readonly port: number;
  readonly security: Security;
}

export interface Offer {
  /** What whoever runs the gateway calls it. */
  readonly name: string | null;
  /** Whether it asks for an access token. */
  readonly token: boolean;
  /** Whether it looks for the servers of a domain. */
  readonly discovery: boolean;
  /** Whether there are no other servers than these. */
  readonly locked: boolean;
  readonly servers: Readonly<Partial<Record<Protocol, Preset>>>;
}

/** Of a gateway that has not said anything. */
export const noOffer: Offer = { name: null, token: false, discovery: true, locked: false, servers: {} };

export class Access {
  offer: Offer = $state.raw(noOffer);
  /** Whether the person is to be asked for the token. */
  asks = $state(false);
  #token = "";
  #asked = false;

  /** The token that was given in this page; empty if there is none. */
  get token(): string {
    return this.#token;
  }

  /** Reads the offer, once. Without one all can be written by hand, so that a failure is no fault to be shown. */
  async ask(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      const answer = await fetch("./api/config", { cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) return;
      this.offer = offerOf(await answer.json());
      this.asks ||= this.offer.token && this.#token === "";
    } catch {
      this.#asked = false;
    }
  }

  /** The person wrote this one. */
  give(token: string): void {
    this.#token = token;
  }

  /** The gateway let it pass. */
  accept(): void {
    this.asks = false;
  }

  /** The gateway wants one, or another one. */
  refuse(): void {
    this.#token = "";
    this.asks = true;
  }
}

/** The app's own TLS in `passthrough` does not exist yet, so that servers behind it are not offered. */
const securities: Readonly<Record<string, Security>> = { implicit: "tls", starttls: "starttls", none: "none" };

/** Reads an answer; what has another form counts as not said. */
export function offerOf(answer: unknown): Offer {
  if (!isObject(answer)) return noOffer;
  const { name, token, discovery, locked, servers } = answer;
  const offered: Offer["servers"] = Object.fromEntries(
    (["imap", "pop3"] as const).flatMap((protocol) => {
      const preset = isObject(servers) ? presetOf(servers[protocol]) : undefined;
      return preset === undefined ? [] : [[protocol, preset]];
    }),
  );
  return {
    name: typeof name === "string" && name !== "" ? name : null,
    token: token === true,
    discovery: discovery !== false,
    locked: locked === true && Object.keys(offered).length > 0,
    servers: offered,
  };
}

function presetOf(value: unknown): Preset | undefined {
  if (!isObject(value)) return undefined;
  const { host, port, tls } = value;
  const security = typeof tls === "string" ? securities[tls] : undefined;
  return typeof host === "string" && typeof port === "number" && security !== undefined ? { host, port, security } : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
