/** Connections that came to be and that nobody will use. */
import type { Duplex } from "../clients/transport.js";
import { ignore } from "./waiting.js";

/** Ends both directions. Harmless where somebody has the streams. */
export function discard({ readable, writable }: Duplex): void {
  readable.cancel().catch(ignore);
  writable.abort().catch(ignore);
}
