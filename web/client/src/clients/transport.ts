/** What carries octets to a mail server: the seam between the clients and the world. */

/**
 * Protection of the connection. `starttls` is required once chosen, never opportunistic.
 *
 * @example
 * const security: Security = "tls";
 */
export type Security = "tls" | "starttls" | "none";

/**
 * A mail server.
 *
 * @example
 * const target: Target = { host: "imap.example.org", port: 993, security: "tls" };
 */
export interface Target {
  /** A name or an IP address, ASCII; internationalised names in their `xn--` form. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly security: Security;
}

/**
 * What is known of TLS on a connection, where the transport tells.
 *
 * @example
 * const { tls } = await ImapClient.connect(options);
 * console.log(tls?.version, tls?.fingerprint);
 */
export interface TlsDetails {
  /** Such as `TLSv1.3`. */
  readonly version: string;
  /** Such as `TLS13_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** SHA-256 of the server's certificate (DER), lower case hex; null where it is not known. */
  readonly fingerprint: string | null;
}

/**
 * Octets both ways: any pair of WHATWG streams.
 *
 * @example
 * const duplex: Duplex = { readable, writable, tls: null };
 * const imap = await ImapClient.connect({ ...options, security: "none", transport: streams(duplex) });
 */
export interface Duplex {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /**
   * Makes TLS on this connection (STARTTLS, STLS), verified against the host. What was read is used no further; the client goes on
   * with the streams of the result. What the server sent before TLS and was not read must not come out of them. Where it is
   * missing, `starttls` fails with `unsupported`.
   */
  readonly upgradeToTls?: () => Promise<Duplex>;
  /** What TLS was negotiated; left out where it is not known, null where there is none. */
  readonly tls?: TlsDetails | null;
}

/**
 * How a client reaches a server.
 *
 * @example
 * const transport: Transport = gateway("wss://mail.example.org/tunnel");
 * const pop3 = await Pop3Client.connect({ host: "pop.example.org", transport, auth: { username, password } });
 */
export interface Transport {
  /** Opens a connection; with `tls`, TLS is made and verified before it resolves. Rejects with a `MailError` that says whose fault it is. */
  connect(target: Target, signal?: AbortSignal): Promise<Duplex>;
}
