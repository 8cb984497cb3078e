/** What goes wrong between this device and a mail server. The codes are those of docs/TUNNEL.md, whoever makes the connection. */
import { MailError } from "../errors.js";
import type { Blame, ErrorShape } from "../types.js";

const catalogue = {
  "gateway-unreachable": {
    blame: "gateway",
    retryable: true,
    message: "The gateway does not answer, or takes no connections from here. Check its address, the network, and which origins it allows.",
  },
  "gateway-refused": {
    blame: "gateway",
    retryable: true,
    message: "The gateway refused the connection: WHY. Check the gateway's address, which origins it allows, and its log.",
  },
  "relay-unreachable": {
    blame: "network",
    retryable: true,
    message: "The relay does not answer, or does not speak this WebSocket protocol. Check its address, or try again later.",
  },
  "name-not-found": { blame: "server", retryable: false, message: "The name HOST does not exist or has no address. Check it." },
  refused: { blame: "server", retryable: true, message: "HOST refused the connection: nothing listens on port PORT. Check the port." },
  unreachable: { blame: "server", retryable: true, message: "HOST can't be reached. Check the network, or try again later." },
  timeout: { blame: "server", retryable: true, message: "HOST did not answer on port PORT in time. Check name and port, or try again later." },
  "tls-certificate": {
    blame: "server",
    retryable: false,
    message: "The certificate of HOST is not trusted: WHY. Nothing was sent to it. Check the name, or ask its operator.",
  },
  "tls-handshake": {
    blame: "server",
    retryable: false,
    message: "HOST and this device could not agree on TLS on port PORT. Check the port and which kind of TLS it wants.",
  },
  "starttls-injection": {
    blame: "server",
    retryable: false,
    message: "Something was injected into the connection before TLS began. Do not use this network for mail.",
  },
  "tls-unsupported": {
    blame: "caller",
    retryable: false,
    message: "This transport can't make TLS. Choose another one, or security: \"none\" where something else protects the connection.",
  },
  overrun: {
    blame: "caller",
    retryable: true,
    message: "More came through the relay than this program took, and a relay can't be asked to wait. Read faster, or use a gateway.",
  },
  "connection-lost": { blame: "network", retryable: true, message: "The connection to HOST was cut. What came before may be incomplete. Try again." },
} as const satisfies Record<string, Pick<ErrorShape, "blame" | "retryable" | "message"> & { readonly blame: Blame }>;

/**
 * Codes of the errors that transports make themselves; gateways send more (docs/TUNNEL.md).
 *
 * @example
 * const code: TransportFaultCode = "tls-certificate";
 */
export type TransportFaultCode = keyof typeof catalogue;

/**
 * All of them, for tests and documentation.
 *
 * @example
 * console.assert(transportFaultCodes.includes("refused"));
 */
export const transportFaultCodes = Object.keys(catalogue) as readonly TransportFaultCode[];

/** What stands in a sentence, and what was thrown below. */
export interface Circumstances {
  readonly host?: string;
  readonly port?: number;
  /** What is wrong with a certificate, or how a gateway refused. */
  readonly why?: string;
  readonly cause?: unknown;
}

/** An error of a transport, with what its sentence needs. */
export function failure(code: TransportFaultCode, { host, port, why, cause }: Circumstances = {}): MailError {
  const { blame, retryable, message } = catalogue[code];
  const words = message
    .replace("HOST", host ?? "the mail server")
    .replace("PORT", String(port ?? "given"))
    .replace("WHY", why ?? "it is not valid");
  return new MailError({ code, blame, retryable, message: words.replace(/^the /, "The "), serverText: null }, cause === undefined ? {} : { cause });
}
