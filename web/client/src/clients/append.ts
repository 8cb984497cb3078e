/** A message on its way to the server: read piece by piece, as the line takes it. */
import { type MailError, wrongArgument } from "../errors.js";
import { ignore } from "../transports/waiting.js";
import type { AppendContent } from "./imap-types.js";
import type { ImapSession } from "./imap-session.js";

/** Octets in pieces. */
export interface Source {
  readonly octets: number;
  /** At most so many; empty at the end. */
  read(most: number): Promise<Uint8Array>;
  /** The rest is not wanted. */
  cancel(): void;
}

/** The octets of a message. Those in memory are looked at before anything is sent: a NUL can't be (RFC 9051, 9). */
export function sourceOf(content: AppendContent): Source {
  if (typeof content === "string") return held(new TextEncoder().encode(content.replace(/\r\n|\r|\n/g, "\r\n")));
  if (content instanceof Uint8Array) return held(content);
  return content instanceof Blob ? streamed(content.size, content.stream()) : streamed(content.octets, content.stream);
}

/** Gives what the server asks for, until the message is whole. */
export class Supplier {
  readonly #session: ImapSession;
  readonly #source: Source;
  #failure: unknown;
  #going: Promise<void> = Promise.resolve();

  constructor(
    session: ImapSession,
    source: Source,
  ) {
    this.#session = session;
    this.#source = source;
  }

  /** What the message could not be read for. */
  get failure(): unknown {
    return this.#failure;
  }

  /** So many octets are wanted. */
  readonly wanted = (id: number, octets: number): void => {
    this.#going = this.#going.then(() => this.#give(id, octets));
  };

  async #give(id: number, octets: number): Promise<void> {
    try {
      const piece = await this.#source.read(octets);
      if (piece.length === 0) throw wrongArgument(`The message ended before its ${this.#source.octets} octets.`);
      if (!this.#session.isOver && !this.#session.supply(id, piece)) throw wrong();
    } catch (error) {
      this.#failure ??= error;
      this.#source.cancel();
      // A part of it is at the server: only the end of the connection takes it back.
      this.#session.cancel(id);
    }
  }
}

function held(octets: Uint8Array): Source {
  if (octets.includes(0)) throw wrong();
  let at = 0;
  return {
    octets: octets.length,
    read: (most) => {
      at += most;
      return Promise.resolve(octets.subarray(at - most, at));
    },
    cancel: ignore,
  };
}

function streamed(octets: number, stream: ReadableStream<Uint8Array>): Source {
  const reader = stream.getReader();
  let rest: Uint8Array = new Uint8Array();
  let left = octets;
  const more = async (): Promise<boolean> => {
    while (rest.length === 0) {
      const { done, value } = await reader.read();
      if (done) return false;
      rest = value;
    }
    return true;
  };
  return {
    octets,
    read: async (most) => {
      if (!(await more())) return rest;
      const piece = rest.subarray(0, most);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      // With the last piece the server has the message, so it must be known before whether that is all of it.
      if (left <= 0 && (await more())) throw wrong();
      return piece;
    },
    cancel: () => {
      reader.cancel().catch(ignore);
    },
  };
}

function wrong(): MailError {
  return wrongArgument("A message with a NUL, or longer than it was said to be, can't be appended.");
}
