/** Entry of the SharedWorker, one for all tabs: MessagePorts between their Workers need somebody who passes the ends on. */
import { Exchange } from "./exchange.js";

declare const self: SharedWorkerGlobalScope;

const exchange = new Exchange({ request: (name, options, held) => navigator.locks.request(name, options, held) });

self.addEventListener("connect", ({ ports }) => {
  for (const port of ports) exchange.serve(port);
});
