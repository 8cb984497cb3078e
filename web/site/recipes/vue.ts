import { type ShallowRef, shallowRef, watch, type WatchSource } from "vue";
import type { MailClient, Readings } from "waypost";

/** What a reading gave last, and the error that ended it. */
export interface Reading<Value> {
  readonly value: Readonly<ShallowRef<Value | undefined>>;
  readonly error: Readonly<ShallowRef<unknown>>;
}

/** What `read` gives, again whenever what it has read, or one of `sources`, is other, until the component is unmounted. */
export function useMail<Value>(mail: MailClient, read: (mail: Readings) => Promise<Value>, sources: readonly WatchSource[] = []): Reading<Value> {
  const value = shallowRef<Value>();
  const error = shallowRef<unknown>();
  watch(
    [...sources],
    (_now, _before, onCleanup) => {
      const left = new AbortController();
      onCleanup(() => left.abort());
      const follow = async (): Promise<void> => {
        for await (const next of mail.live(read, left.signal)) value.value = next;
      };
      error.value = undefined;
      follow().catch((reason: unknown) => (error.value = reason));
    },
    { immediate: true },
  );
  return { value, error };
}
