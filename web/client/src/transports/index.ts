/** The transports that every entry of the clients has beside its `gateway`. */
export { directSockets, type DirectSocketsOptions, type TlsMaker } from "./direct-sockets.js";
export { type TransportFaultCode, transportFaultCodes } from "./failures.js";
export type { GatewayOptions } from "./gateway.js";
export type { SocketLike, SocketMaker } from "./socket.js";
export { streams, type StreamMaker, type StreamsOptions } from "./streams.js";
export { websocket, type WebSocketOptions } from "./websocket.js";
export type { WasmSource } from "../clients/module.js";
