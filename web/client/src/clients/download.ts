/** A message or a part of it as a stream, in bounded memory. */
import { ignore, onAbort, waiting } from "../transports/waiting.js";
import { FetchQueue, giving, type Turn } from "./fetch.js";
import type { FetchColumns } from "./columns.js";
import { setOf } from "./search.js";
import type { Download } from "./imap-types.js";
import type { BodyStream, ImapSession } from "./imap-session.js";

/** Octets that may wait for the reader before the server is held back. */
const HELD = 1 << 20;

/** Fetches one section; resolves when it begins. */
export async function download(session: ImapSession, turn: Turn, uid: number, section: string, signal?: AbortSignal): Promise<Download> {
  signal?.throwIfAborted();
  const set = setOf(uid) ?? "";
  const release = await session.counted(() => turn(signal));
  const reading = new Reading(session, uid, section);
  const given = giving(session, reading, ["fetch", set, "", `body ${section}`], release);
  const abort = (): void => {
    reading.end({ reason: signal?.reason });
    given.cancel();
  };
  void reading.over.finally(onAbort(signal, abort));
  reading.onCancel = () => { given.cancel(); };
  if (signal?.aborted === true) abort();
  return reading.begun;
}

/** Octets for the reader alone: those that were given, where they are the most of their memory, else a copy. */
function owned(octets: Uint8Array, given: boolean): Uint8Array {
  return given && octets.length * 2 > octets.buffer.byteLength ? octets : new Uint8Array(octets);
}

/** The section as it comes. */
class Reading extends FetchQueue {
  readonly #uid: number;
  readonly #begun = waiting<Download>();
  readonly #over = waiting<undefined>();
  readonly #session: ImapSession;
  readonly #section: string;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The one that was asked for is whole, or nobody wants the rest. */
  #done = false;
  onCancel: () => void = ignore;

  constructor(
    session: ImapSession,
    uid: number,
    section: string,
  ) {
    const stream: BodyStream = {
      started: (octets, _, uid) => {
        if (this.#isWanted(uid)) this.#start(octets);
      },
      part: (octets, given) => { this.#put(owned(octets, given)); },
      ended: () => { this.#close(); },
    };
    super(session, true, stream);
    this.#uid = uid;
    this.#session = session;
    this.#section = section;
  }

  /** Resolves when the section begins. */
  get begun(): Promise<Download> {
    return this.#begun.promise;
  }

  /** Resolves when nothing more comes. */
  get over(): Promise<undefined> {
    return this.#over.promise;
  }

  /** A short section comes with its row. */
  override rows(columns: FetchColumns): void {
    for (let index = 0; index < columns.length && !this.#controller; index += 1) {
      const octets = columns.sectionAt(index, this.#section);
      if (!octets || !this.#isWanted(columns.uids[index])) continue;
      this.#start(octets.length);
      if (octets.length > 0) this.#put(octets);
      this.#close();
    }
  }

  override full(): boolean {
    return !this.#done && this.#controller !== undefined && (this.#controller.desiredSize ?? 0) <= 0;
  }

  override end(error?: { readonly reason: unknown }): void {
    if (error) {
      this.#begun.reject(error.reason);
      if (!this.#done) this.#controller?.error(error.reason);
    } else if (!this.#done && this.#controller) {
      this.#controller.error(this.#session.failure("connection-lost", "the section is not whole"));
    }
    this.#begun.reject(this.#session.failure("not-found"));
    this.#done = true;
    this.#over.resolve(undefined);
  }

  /** Mailutils answers with its last message where there is none of this UID. The UID may come behind a body that is not held: 0 till then. */
  #isWanted(uid = 0): boolean {
    return uid === 0 || uid === this.#uid;
  }

  #start(octets: number): void {
    if (this.#controller) return;
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: HELD });
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => { this.#session.resume(); },
        cancel: () => {
          this.#done = true;
          this.onCancel();
        },
      },
      strategy,
    );
    this.#begun.resolve({ octets, stream });
  }

  #put(octets: Uint8Array): void {
    if (!this.#done) this.#controller?.enqueue(octets);
  }

  #close(): void {
    if (this.#done || !this.#controller) return;
    this.#done = true;
    this.#controller.close();
  }
}
