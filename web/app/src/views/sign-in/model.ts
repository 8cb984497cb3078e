/** What the sign-in form knows: defaults that follow the protocol and the address, until the person writes their own. */
import type { AccountSettings, Protocol, Security } from "waypost";

/** Fields whose content the form proposes. */
type Proposed = "host" | "port" | "username";

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
  /** What the person wrote themselves; it is never overwritten. */
  readonly own: ReadonlySet<Proposed>;
}

export type Field = "address" | "host" | "port" | "username" | "password";

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
  return { protocol: "imap", address: "", host: "", security: "tls", port: ports.imap.tls, username: "", policy: "leave", acceptsEviction: false, own: new Set() };
}

/** The draft after a change, with everything that follows from it. */
export function changed(draft: Draft, change: Partial<Omit<Draft, "own">>): Draft {
  const own = new Set(draft.own);
  for (const field of ["host", "port", "username"] as const) {
    const value = change[field];
    if (value === undefined) continue;
    if (value === "") own.delete(field);
    else own.add(field);
  }
  const next = { ...draft, ...change, own };
  return {
    ...next,
    host: own.has("host") || change.host !== undefined ? next.host : proposedHost(next),
    port: own.has("port") || change.port !== undefined ? next.port : ports[next.protocol][next.security],
    username: own.has("username") || change.username !== undefined ? next.username : next.address,
  };
}

function proposedHost({ protocol, address }: { readonly protocol: Protocol; readonly address: string }): string {
  const domain = address.trim().split("@")[1] ?? "";
  return /^[\w-]+(?:\.[\w-]+)+$/.test(domain) ? `${prefixes[protocol]}.${domain.toLowerCase()}` : "";
}

/** What is missing, in the order of the form. */
export function problems(draft: Draft, password: string): readonly Problem[] {
  const port = Number(draft.port);
  const found: (Problem | false)[] = [
    draft.address.trim() === "" && { field: "address", text: "Write the address of your mailbox." },
    draft.host.trim() === "" && { field: "host", text: "Write the name of the mail server; your provider's help pages have it." },
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
