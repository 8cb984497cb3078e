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
  readonly title: string;
  readonly text: string;
  /** The server's own words. */
  readonly said: string | null;
}

interface Sentence {
  readonly title: string;
  readonly text: string;
}

const sentences: readonly (readonly [codes: readonly string[], words: (place: Place) => Sentence])[] = [
  [
    ["auth-failed"],
    () => ({
      title: "The server refused this password",
      text: "Check the user name and the password. With two-step sign-in, use an app password from your provider.",
    }),
  ],
  [
    ["name-not-found"],
    ({ host }) => ({ title: `There is no server called ${host}`, text: "The gateway found no address for this name. Check how the server is written." }),
  ],
  [
    ["server-unreachable", "refused", "unreachable", "timeout"],
    ({ host, port }) => ({
      title: `${host} does not answer`,
      text: `The gateway is fine, but it gets no reply on port ${port} of the mail server. Check server and port, or try again in a few minutes.`,
    }),
  ],
  [
    ["tls-certificate"],
    ({ host }) => ({
      title: "Not connected: wrong certificate",
      text: `The certificate is not trusted for ${host}. Someone may be in between, or the server is set up wrongly. Check the server name, or ask whoever runs it.`,
    }),
  ],
  [
    ["tls-handshake", "tls-failed", "starttls-unavailable", "tls-required", "injection"],
    ({ host, port }) => ({
      title: `No safe connection to ${host}`,
      text: `TLS could not be agreed on at port ${port}, so the password was not sent. Choose the security that your provider names for this port.`,
    }),
  ],
  [
    ["target-denied", "port-denied", "address-denied"],
    ({ host, port }) => ({
      title: "This gateway may not go there",
      text: `Its owner does not allow ${host} on port ${port}. Ask them to add it, or check the server name.`,
    }),
  ],
  [
    ["plaintext-denied", "plaintext-refused"],
    ({ host }) => ({ title: "Not without TLS", text: `The password for ${host} would cross the network in the open. Choose TLS or STARTTLS.` }),
  ],
  [
    ["gateway-unreachable", "closed", "shutdown", "internal"],
    ({ gateway }) => ({
      title: "The gateway does not answer",
      text: `${gateway} gave no reply. Check the connection of this device, or ask whoever runs the gateway; then try again.`,
    }),
  ],
  [
    ["store-full"],
    () => ({ title: "Could not store mail", text: "This device is full. Nothing was deleted on the server. Make room, then try again." }),
  ],
  [
    ["store-unavailable"],
    () => ({ title: "The browser gives no storage", text: "Mail is kept in the browser's storage, which some private windows lack. Use an ordinary window." }),
  ],
];

const titles: Readonly<Record<Blame, (place: Place) => string>> = {
  caller: () => "This could not be done",
  user: () => "These settings do not fit",
  server: ({ host }) => `${host} did not do as asked`,
  gateway: () => "The gateway did not pass this on",
  network: () => "The connection broke",
  device: () => "This device could not do that",
};

/** Words for an error. A code that is not in the table keeps the engine's own sentence. */
export function faultWords(error: ErrorShape, place: Place): FaultWords {
  const known = sentences.find(([codes]) => codes.includes(error.code));
  const words = known?.[1](place) ?? { title: titles[error.blame](place), text: error.message };
  return { ...words, said: error.serverText };
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
