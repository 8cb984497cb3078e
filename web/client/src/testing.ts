/** A mail server in memory for tests of programs: `waypost/testing`. It needs no WebAssembly and no network. */
export type { StoredMessage, TestMessage } from "./testing/maildrop.js";
export { script, type Script } from "./testing/script.js";
export { mailServer, type MailServer, type MailServerOptions, type TestTransportOptions } from "./testing/server.js";
export type { Faults } from "./testing/wire.js";
export type { Duplex, Security, Target, TlsDetails, Transport } from "./clients/transport.js";
