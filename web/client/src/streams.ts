/** Streams over calls that give one piece at a time: the next is asked for when the reader has room for it. */
import { MailError } from "./errors.js";
import { engineFault } from "./engine-faults.js";
import { fault } from "./faults.js";
import type { Tally } from "./types.js";

/** What gives the pieces. */
export interface Pieces {
  /** Null after the last. */
  next(): Promise<Uint8Array | null>;
  /** Ends it. Of a folder it says what became of its messages. */
  close(): Promise<Tally | null>;
}

/** A stream of the pieces; `ended` is told how it ended. */
export function pulled(pieces: Pieces, ended: (tally: Promise<Tally | null>) => void = () => undefined): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const piece = await pieces.next();
          if (piece !== null) {
            controller.enqueue(piece);
            return;
          }
          const closing = pieces.close();
          ended(closing);
          await closing;
          controller.close();
        } catch (error) {
          const failed = Promise.reject<null>(error instanceof Error ? error : new MailError(fault("internal")));
          // Whoever reads is told by the stream.
          failed.catch(() => undefined);
          ended(failed);
          throw error;
        }
      },
      cancel: async () => {
        ended(Promise.resolve(null));
        await pieces.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A stream of a folder, and what has become of its messages once it has ended. */
export function counted(pieces: Pieces): { readonly stream: ReadableStream<Uint8Array>; readonly tally: Promise<Tally> } {
  let ended: (tally: Promise<Tally | null>) => void = () => undefined;
  const settled = new Promise<Tally | null>((resolve) => {
    ended = resolve;
  });
  const tally = settled.then((tally) => {
    if (tally === null) throw new MailError(engineFault("given-up"));
    return tally;
  });
  // Whoever only reads the stream sees its errors there.
  tally.catch(() => undefined);
  return { stream: pulled(pieces, ended), tally };
}
