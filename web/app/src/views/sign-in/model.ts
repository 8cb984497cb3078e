/** What the sign-in form knows: defaults that follow the protocol and the address, until the person writes their own. */
import type { AccountSettings, Protocol, Security } from "waypost";
import { noOffer, type Offer, type Preset } from "../../access.svelte";

/** Fields whose content the form proposes. */
type Proposed = "host" | "security" | "port" | "username";

/** A server that the gateway found for a domain (docs/openapi.yaml, `Option`). */
export interface Found {
  readonly protocol: Protocol | "smtp";
  readonly host: string;
  readonly port: number;
  readonly tls: "implicit" | "starttls";
  readonly username: "address" | "localpart" | "pattern";
  /** With `pattern`: the user name, in which `%EMAILLOCALPART%` stands for what stands before the `@`. */
  readonly username_pattern?: string;
  /** It is outside of the address's domain: somebody else may have named it. */
  readonly confirm: boolean;
  readonly allowed: boolean;
}

export interface Draft {
  readonly protocol: Protocol;
  readonly address: string;
  readonly host: string;
  readonly security: Security;
  readonly port: string;
  readonly username: string;
  /** POP3: when mail leaves the server. */
  readonly policy: "leave" | "delete";
  /** POP3: mail is deleted from the server although this browser may clear what is stored. */
  readonly acceptsEviction: boolean;
  /** What the gateway found, and for which domain. */
  readonly found: { readonly domain: string; readonly servers: readonly Found[] };
  /** The server outside of the address's domain that the person agreed to. */
  readonly agreed: string;
  /** What the gateway offers. */
  readonly offer: Offer;
  /** What the person wrote themselves; it is never overwritten. */
  readonly own: ReadonlySet<Proposed>;
}

export type Field = "address" | "token" | "host" | "agree" | "port" | "username" | "password";

export interface Problem {
  readonly field: Field;
  readonly text: string;
}

const ports: Readonly<Record<Protocol, Readonly<Record<Security, string>>>> = {
  imap: { tls: "993", starttls: "143", none: "143" },
  pop3: { tls: "995", starttls: "110", none: "110" },
};

const prefixes: Readonly<Record<Protocol, string>> = { imap: "imap", pop3: "pop" };

export function emptyDraft(): Draft {
  return { protocol: "imap", address: "", host: "", security: "tls", port: ports.imap.tls, username: "", policy: "leave", acceptsEviction: false, found: { domain: "", servers: [] }, agreed: "", offer: noOffer, own: new Set() };
}

/** The draft after a change, with everything that follows from it. */
export function changed(draft: Draft, change: Partial<Omit<Draft, "own">>): Draft {
  const own = new Set(draft.own);
  for (const field of ["host", "security", "port", "username"] as const) {
    const value = change[field];
    if (value === undefined) continue;
    if (value === "") own.delete(field);
    else own.add(field);
  }
  const next = bounded({ ...draft, ...change, own });
  const found = proposal(next);
  const server = preset(next) ?? (found === undefined ? undefined : { ...found, security: found.tls === "implicit" ? "tls" : "starttls" } as const);
  const security = own.has("security") ? next.security : (server?.security ?? "tls");
  const ownPort = own.has("port") || change.port === "";
  return {
    ...next,
    security,
    host: own.has("host") || change.host === "" ? next.host : (server?.host ?? usualHost(next)),
    port: ownPort ? next.port : server?.security === security ? String(server.port) : ports[next.protocol][security],
    username: own.has("username") || change.username === "" ? next.username : userName(next.address, found),
  };
}

/** Where the gateway offers no other servers than its own, nothing of another is kept. */
function bounded(draft: Draft & { readonly own: Set<Proposed> }): Draft {
  const { offer, protocol, own } = draft;
  if (!offer.locked) return draft;
  for (const field of ["host", "security", "port"] as const) own.delete(field);
  return protocol in offer.servers ? draft : { ...draft, protocol: protocol === "imap" ? "pop3" : "imap" };
}

/** The server that the gateway offers for this draft, unless the person wrote one themselves. */
export function preset({ own, protocol, offer }: Draft): Preset | undefined {
  return own.has("host") ? undefined : offer.servers[protocol];
}

/** Protocols that can be chosen. */
export function protocolsOf({ offer }: Draft): readonly Protocol[] {
  return (["imap", "pop3"] as const).filter((protocol) => !offer.locked || protocol in offer.servers);
}

/** The domain of an address; empty if it has none that mail comes to. */
export function domainOf(address: string): string {
  const domain = address.trim().split("@")[1] ?? "";
  return /^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+$/u.test(domain) ? domain.toLowerCase() : "";
}

/** What the gateway found for this draft, unless the person wrote a server themselves. */
export function proposal(draft: Draft): Found | undefined {
  const { own, protocol, address, found } = draft;
  if (own.has("host") || preset(draft) !== undefined || found.domain !== domainOf(address)) return undefined;
  return found.servers.find((server) => server.protocol === protocol && server.allowed);
}

/** The server that the person must agree to before the password is sent there (RFC 6186, 6); empty if there is none. */
export function toAgree(draft: Draft): string {
  const server = proposal(draft);
  return server?.confirm === true && server.host === draft.host ? server.host : "";
}

function usualHost({ protocol, address }: { readonly protocol: Protocol; readonly address: string }): string {
  const domain = domainOf(address);
  return domain === "" ? "" : `${prefixes[protocol]}.${domain}`;
}

function userName(address: string, server: Found | undefined): string {
  const [local = ""] = address.trim().split("@");
  if (server?.username === "localpart") return local;
  if (server?.username === "pattern" && server.username_pattern !== undefined) return server.username_pattern.split("%EMAILLOCALPART%").join(local);
  return address;
}

/** What is missing, in the order of the form. `token` is null where none has to be given. */
export function problems(draft: Draft, password: string, token: string | null = null): readonly Problem[] {
  const port = Number(draft.port);
  const found: (Problem | false)[] = [
    draft.address.trim() === "" && { field: "address", text: "Write the address of your mailbox." },
    token === "" && { field: "token", text: "Write the access token; whoever runs the gateway has it." },
    draft.host.trim() === "" && { field: "host", text: "Write the name of the mail server; your provider's help pages have it." },
    toAgree(draft) !== draft.agreed && toAgree(draft) !== "" && { field: "agree", text: `Say whether ${toAgree(draft)} is your provider's server.` },
    !(Number.isInteger(port) && port > 0 && port < 65_536) && { field: "port", text: "A port is a number from 1 to 65535." },
    draft.username.trim() === "" && { field: "username", text: "Write the user name; often it is the address." },
    password === "" && { field: "password", text: "Write the password." },
  ];
  return found.filter((one) => one !== false);
}

/** The settings of a draft without problems. */
export function settings(draft: Draft): AccountSettings {
  const { protocol, security, policy, acceptsEviction } = draft;
  const base = { protocol, security, address: draft.address.trim(), host: draft.host.trim(), port: Number(draft.port), username: draft.username.trim() };
  return protocol === "pop3" ? { ...base, pop3: { removal: { afterDownload: policy === "delete" }, acceptsEviction: acceptsEviction && policy === "delete" } } : base;
}
