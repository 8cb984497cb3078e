/** What the mail view says about the connection, the people of a message and its files. */
import type { Account, AccountState, Address, Attachment, ErrorShape, Protocol } from "waypost";
import { type FaultWords, faultWords, type Place } from "../../faults";
import { oneLine } from "../../reading/text";
import type { IconName } from "../../ui/icons";
import { clockTime } from "./dates";

export type Lamp = "on" | "busy" | "off" | "bad";

export interface Connection {
  readonly lamp: Lamp;
  /** For the pill: where the account stands. */
  readonly text: string;
  /** For the pill: what goes with it, such as when it was checked. */
  readonly more: string | null;
  /** More, where something is wrong. */
  readonly fault: FaultWords | null;
  /** When the next try comes, in whole seconds. */
  readonly retrySeconds: number | null;
}

/** Errors after which only the person can go on. */
const needsPassword = new Set(["auth-failed", "password-expired", "password-unusable", "token-refused", "signed-out"]);

/** A POP3 account is connected only while it checks, so there it is said how fresh the mail is. */
const atRest: Readonly<Record<Protocol, string>> = { imap: "Online", pop3: "Up to date" };

export function connectionOf(state: AccountState, protocol: Protocol, waiting: number, checkedAt: number | null, now: number, place: Place, locale?: string): Connection {
  const plain = { more: null, fault: null, retrySeconds: null };
  const more = waiting === 0 ? null : `${waiting} waiting`;
  switch (state.state) {
    case "signed-out":
      return { ...plain, lamp: "off", text: "Sign in needed", more };
    case "connecting":
      return { ...plain, lamp: "busy", text: "Connecting…" };
    case "syncing":
      return { ...plain, lamp: "busy", text: state.total > 0 ? `Syncing ${percent(state.done, state.total)} %` : "Syncing…" };
    case "online":
      return { ...plain, lamp: "on", text: atRest[protocol], more: more ?? (checkedAt === null ? null : `checked ${clockTime(checkedAt, locale)}`) };
    case "offline":
      return offline(state.error, state.retryAt, more, now, place);
    default:
      return state satisfies never;
  }
}

function offline(error: ErrorShape, retryAt: number | null, more: string | null, now: number, place: Place): Connection {
  const retrySeconds = retryAt === null ? null : Math.max(0, Math.ceil((retryAt - now) / 1000));
  const fault = faultWords(error, place);
  if (needsPassword.has(error.code) || error.code === "token-required") return { lamp: "bad", text: "Sign in needed", more, fault, retrySeconds: null };
  return { lamp: error.retryable ? "off" : "bad", text: "Offline", more, fault, retrySeconds };
}

export function percent(done: number, total: number): number {
  return total === 0 ? 0 : Math.min(100, Math.floor((100 * done) / total));
}

/** Whether the app must ask for the password. */
export function asksPassword(state: AccountState): boolean {
  return state.state === "signed-out" || (state.state === "offline" && needsPassword.has(state.error.code));
}

/** Whether the app must ask for the gateway's access token. */
export function asksToken(state: AccountState): boolean {
  return state.state === "offline" && state.error.code === "token-required";
}

export const isOnline = (state: AccountState): boolean => state.state === "online" || state.state === "syncing";

/** What is safe and what comes next, while the account is offline. */
export function offlineSentence({ fault, retrySeconds }: Connection): string {
  const safe = "Your mail on this device is all here; changes wait.";
  // Where it does not mend itself, what to do stands first.
  if (retrySeconds === null) return `${fault?.text ?? ""} ${safe}`.trim();
  return `${safe} ${retrySeconds === 0 ? "Trying now." : `Next try in ${duration(retrySeconds)}.`}`;
}

export function duration(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
}

export function placeOf(account: Pick<Account, "host" | "port">, gateway: string): Place {
  return { host: account.host, port: account.port, gateway };
}

export const personName = ({ name, address }: Address): string => oneLine(name) || oneLine(address) || "Unknown";

/** "me, Tomasz Wrona and 3 others". */
export function people(list: readonly Address[], own: string): string {
  const names = list.map((person) => (person.address.toLowerCase() === own.toLowerCase() ? "me" : personName(person)));
  if (names.length === 0) return "undisclosed people";
  if (names.length <= 3) return joined(names);
  return `${names.slice(0, 2).join(", ")} and ${names.length - 2} others`;
}

function joined(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** Two letters for the stamp. */
export function initials(name: string): string {
  const clean = oneLine(name);
  const words = clean
    .split("@", 1)
    .join("")
    .split(clean.includes(" ") ? " " : /[._-]+/u)
    .map((word) => word.replace(/[^\p{L}\p{N}]/gu, ""))
    .filter((word) => word !== "");
  const first = Array.from(words[0] ?? "?")[0] ?? "?";
  const last = words.length > 1 ? (Array.from(words.at(-1) ?? "")[0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

const kinds: readonly (readonly [pattern: RegExp, kind: string, icon: IconName])[] = [
  [/^image\//, "Picture", "image"],
  [/^application\/pdf$/, "PDF", "file"],
  [/^text\/calendar/, "Event", "calendar"],
  [/^text\//, "Text", "file"],
  [/^message\//, "Message", "mail"],
  [/^audio\//, "Sound", "file"],
  [/^video\//, "Film", "file"],
  [/zip|compressed|x-tar|x-7z/, "Archive", "archive"],
  [/word|opendocument\.text|rtf/, "Document", "file"],
  [/sheet|excel/, "Table", "file"],
];

export function kindOf(part: Attachment): { readonly kind: string; readonly icon: IconName } {
  const type = part.contentType.toLowerCase();
  const found = kinds.find(([pattern]) => pattern.test(type));
  return { kind: found?.[1] ?? "File", icon: found?.[2] ?? "file" };
}

/** Octets in the units of a person. */
export function sizeOf(octets: number, locale?: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = octets < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(octets) / 3));
  const value = octets / 1000 ** step;
  const format = { style: "unit", unit: units[step] ?? "byte", unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: step > 1 && value < 10 ? 1 : 0 } as const;
  return new Intl.NumberFormat(locale, format).format(value);
}

/** The parts that are files; pictures that stand in the HTML are not. */
export function filesOf(parts: readonly Attachment[], html: string | null): readonly Attachment[] {
  const used = new Set(html?.toLowerCase().match(/cid:[^"'\s)>]{1,400}/g));
  return parts.filter((part) => part.contentId === null || !part.inline || !used.has(`cid:${bareId(part.contentId).toLowerCase()}`));
}

/** A content id without its angle brackets. */
export function bareId(id: string): string {
  return id.trim().replace(/^<|>$/g, "");
}
