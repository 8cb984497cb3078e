/** Transports on Node's own sockets: `waypost/node`. */
export { tcp, type TcpOptions } from "./node/tcp.js";
export type { Duplex, Security, Target, TlsDetails, Transport } from "./clients/transport.js";
