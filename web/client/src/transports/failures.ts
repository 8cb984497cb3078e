/** What goes wrong between this device and a mail server. The codes are those of docs/TUNNEL.md, whoever makes the connection. */
import { MailError } from "../errors.js";
import { type Catalogue, shapeAt } from "../faults.js";

const catalogue = {
  "gateway-unreachable": ["gateway", true, "The gateway does not answer, or takes no connections from here. Check its address, which origins it allows, and the network."],
  "gateway-refused": ["gateway", true, "The gateway refused the connection: WHY. Check its address, which origins it allows, and its log."],
  "relay-unreachable": ["network", true, "The relay does not answer, or does not speak this WebSocket protocol. Check its address, or try again later."],
  "name-not-found": ["server", false, "The name HOST does not exist or has no address. Check it."],
  refused: ["server", true, "HOST refused the connection: nothing listens on port PORT. Check the port."],
  unreachable: ["server", true, "HOST can't be reached. Check the network, or try again later."],
  timeout: ["server", true, "HOST did not answer on port PORT in time. Check name and port, or try again later."],
  "tls-certificate": ["server", false, "The certificate of HOST is not trusted: WHY. Nothing was sent to it. Check the name, or ask its operator."],
  "tls-handshake": ["server", false, "HOST and this device could not agree on TLS on port PORT. Check the port and which kind of TLS it wants."],
  "starttls-injection": ["server", false, "Not connected: something on the way to HOST meddled with the start of TLS. Try another network."],
  "tls-unsupported": ["caller", false, "This transport can't make TLS. Choose another one, or security: \"none\" where something else protects the connection."],
  "connection-lost": ["network", true, "The connection to HOST ended. What came before may be incomplete. Check the network and connect again."],
  overrun: ["caller", true, "More came through the relay than this program took, and a relay can't be asked to wait. Read faster, or use a gateway."],
} as const satisfies Catalogue<string>;

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
  const shape = shapeAt(catalogue, code, { host: host ?? "the mail server", port: port ?? "given" });
  const message = shape.message.replace("WHY", why ?? "it is not valid").replace(/^the /, "The ");
  return new MailError({ ...shape, message }, cause === undefined ? {} : { cause });
}
