/** Connections that came to be and that nobody will use. */
import type { Duplex } from "../clients/transport.js";

/** Ends both directions. Harmless where somebody has the streams. */
export function discard({ readable, writable }: Duplex): void {
  readable.cancel().catch(() => undefined);
  writable.abort().catch(() => undefined);
}
