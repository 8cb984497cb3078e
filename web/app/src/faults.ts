/** What went wrong, in the app's words: what happened, whose it is, what to do. One table for all views. */
import type { Blame, ErrorShape } from "waypost";

/** Where the mail was to come from. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** The gateway's name, which is the page's own. */
  readonly gateway: string;
}

export interface FaultWords {
  readonly code: string;
  readonly title: string;
  readonly text: string;
  /** The server's own words. */
  readonly said: string | null;
}

/** What the app says itself. The engine's message stands where there is no text here. */
interface Row {
  readonly codes: readonly string[];
  readonly title: (place: Place) => string;
  readonly text?: (place: Place) => string;
}

const rows: readonly Row[] = [
  {
    codes: ["auth-failed"],
    title: () => "The server refused this password",
    text: () => "Check the user name and the password. With two-step sign-in, use an app password from your provider.",
  },
  { codes: ["password-expired", "password-unusable"], title: () => "This password can't be used" },
  { codes: ["token-refused"], title: () => "The server refused this access token" },
  { codes: ["auth-not-allowed"], title: ({ host }) => `No allowed way to sign in at ${host}` },
  { codes: ["auth-unsafe", "auth-broken"], title: ({ host }) => `${host} does not sign in by the rules` },
  { codes: ["server-unproven", "channel-mismatch"], title: ({ host }) => `Not signed in: this may not be ${host}` },
  { codes: ["auth-unavailable", "server-busy", "login-delay", "mailbox-in-use"], title: ({ host }) => `${host} asks for patience` },
  { codes: ["name-not-found"], title: () => "There is no such server" },
  { codes: ["refused", "unreachable", "timeout"], title: ({ host }) => `${host} does not answer` },
  {
    codes: ["tls-certificate"],
    title: () => "Not connected: wrong certificate",
    text: ({ host }) => `The certificate is not trusted for ${host}. Someone may be in between, or the server is set up wrongly. Check the server name, or ask whoever runs it.`,
  },
  { codes: ["tls-handshake", "tls-required", "plaintext-refused", "starttls-injection"], title: ({ host }) => `No safe connection to ${host}` },
  { codes: ["target-denied", "port-denied", "address-denied"], title: () => "This gateway may not go there" },
  {
    codes: ["token-required"],
    title: () => "The gateway asks for its access token",
    text: ({ gateway }) => `Write the one that you have from whoever runs ${gateway}. If you did, it is mistyped, expired or taken back: ask for another.`,
  },
  { codes: ["plaintext-denied"], title: () => "Not without TLS" },
  {
    codes: ["gateway-unreachable"],
    title: () => "The gateway does not answer",
    text: ({ gateway }) => `${gateway} gave no reply. Check the connection of this device, or ask whoever runs the gateway; then try again.`,
  },
  { codes: ["device-offline"], title: () => "This device has no network" },
  { codes: ["account-exists"], title: () => "This account is here already" },
  { codes: ["message-gone", "not-found"], title: () => "This message is gone" },
  {
    codes: ["store-full"],
    title: () => "Could not store mail",
    text: () => "This device is full. Nothing was deleted on the server. Make room, then try again.",
  },
  { codes: ["store-unavailable", "store-failed", "store-damaged"], title: () => "The store on this device does not work" },
  { codes: ["other-version"], title: () => "Another tab runs another version" },
];

const titles: Readonly<Record<Blame, (place: Place) => string>> = {
  caller: () => "This could not be done",
  user: () => "These settings do not fit",
  server: ({ host }) => `${host} did not do as asked`,
  gateway: () => "The gateway did not pass this on",
  network: () => "The connection broke",
  device: () => "Something on this device failed",
};

/** Words for an error: a title by its code, or else by whose fault it is; what to do; the server's own words. */
export function faultWords(error: ErrorShape, place: Place): FaultWords {
  const row = rows.find(({ codes }) => codes.includes(error.code));
  return { code: error.code, title: (row?.title ?? titles[error.blame])(place), text: row?.text?.(place) ?? error.message, said: error.serverText };
}

/** The plain form of whatever was thrown. */
export function asFault(thrown: unknown): ErrorShape {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "blame" in thrown && "message" in thrown) {
    const { code, blame, message, retryable, serverText } = thrown as ErrorShape;
    return { code, blame, message, retryable, serverText: serverText ?? null };
  }
  const message = thrown instanceof Error ? thrown.message : "Something failed without a word. Try again.";
  return { code: "unknown", blame: "device", retryable: false, message, serverText: null };
}
