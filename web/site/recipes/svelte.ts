import { readable, type Readable } from "svelte/store";
import type { MailClient, Readings } from "waypost";

/** What a reading gave last, or the error that ended it. */
export interface Now<Value> {
  readonly value?: Value;
  readonly error?: unknown;
}

/** What `read` gives, again whenever what it has read is other, while somebody is subscribed. */
export function liveMail<Value>(mail: MailClient, read: (mail: Readings) => Promise<Value>): Readable<Now<Value>> {
  return readable<Now<Value>>({}, (set) => {
    const left = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const value of mail.live(read, left.signal)) set({ value });
    };
    follow().catch((error: unknown) => set({ error }));
    return () => left.abort();
  });
}
