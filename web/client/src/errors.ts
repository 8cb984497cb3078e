import { fault } from "./faults.js";
import type { Blame, ErrorCode, ErrorShape } from "./types.js";

/** What every call of the client rejects with, unless its own signal ended it. `message` is for people, `code` for programs. */
export class MailError extends Error {
  override readonly name = "MailError";
  /** Stable name of what happened, such as `auth-failed`. */
  readonly code: ErrorCode;
  /** Whose fault it is. */
  readonly blame: Blame;
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean;
  /** The mail server's own words, where it said something. */
  readonly serverText: string | null;

  constructor(shape: ErrorShape, options?: ErrorOptions) {
    super(shape.message, options);
    this.code = shape.code;
    this.blame = shape.blame;
    this.retryable = shape.retryable;
    this.serverText = shape.serverText;
  }
}

/** The plain form of whatever was thrown, as it crosses between page, Worker and tabs. */
export function shapeOf(thrown: unknown): ErrorShape {
  if (isShape(thrown)) {
    const { code, blame, retryable, message, serverText } = thrown;
    return { code, blame, retryable, message, serverText: serverText ?? null };
  }
  return isTrap(thrown) ? fault("core-died") : fault("internal");
}

/** Whether the wasm instance ended, so that nothing in it can be used any more. */
export function isTrap(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError;
}

function isShape(thrown: unknown): thrown is ErrorShape {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { code, blame, retryable, message } = thrown as Partial<ErrorShape>;
  return typeof code === "string" && typeof blame === "string" && typeof retryable === "boolean" && typeof message === "string";
}
