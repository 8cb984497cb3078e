import { engineFault } from "./engine-faults.js";
import { fault } from "./faults.js";
import type { Blame, ErrorCode, ErrorShape } from "./types.js";

/**
 * What every call of the client rejects with, unless its own signal ended it. `message` is for people, `code` for programs; `cause` is what
 * lay below it, where something did.
 *
 * @example
 * try {
 *   await mail.signIn(account.id, password);
 * } catch (error) {
 *   if (error instanceof MailError && error.code === "auth-failed") ask(error.message);
 *   else throw error;
 * }
 */
export class MailError extends Error {
  override readonly name = "MailError";
  /** Stable name of what happened, such as `auth-failed`. */
  declare readonly code: ErrorCode;
  /** Whose fault it is. */
  declare readonly blame: Blame;
  /** Whether the same call may succeed when it is made again. */
  declare readonly retryable: boolean;
  /** The mail server's own words, where it said something. */
  declare readonly serverText: string | null;

  constructor(shape: ErrorShape, options?: ErrorOptions) {
    // What crossed from the Worker has its cause with it.
    super(shape.message, options ?? (shape.cause === undefined ? undefined : { cause: shape.cause }));
    this.code = shape.code;
    this.blame = shape.blame;
    this.retryable = shape.retryable;
    this.serverText = shape.serverText;
  }
}

/** Something was given that can't be. */
export const wrongArgument = (message: string): MailError => own("wrong-argument", "caller", message);

/** There is something that the platform or a transport lacks. */
export const unsupported = (message: string): MailError => own("unsupported", "device", message);

const own = (code: ErrorCode, blame: Blame, message: string): MailError => new MailError({ code, blame, retryable: false, message, serverText: null });

/** What a fault of this package, or a trap, is told as. */
export const internal = (cause: unknown): MailError => (cause instanceof MailError ? cause : new MailError(fault("internal"), { cause }));

/** The plain form of whatever was thrown, as it crosses between page, Worker and tabs. */
export function shapeOf(thrown: unknown): ErrorShape {
  if (isShape(thrown)) {
    const { code, blame, retryable, message, serverText, cause } = thrown;
    const shape = { code, blame, retryable, message, serverText: serverText ?? null };
    return withCause(shape, cause);
  }
  return withCause(isTrap(thrown) ? engineFault("core-died") : fault("internal"), thrown);
}

/** The error that a call rejects with for whatever was thrown. */
export function mailErrorOf(thrown: unknown): MailError {
  return thrown instanceof MailError ? thrown : new MailError(shapeOf(thrown), thrown instanceof Error ? { cause: thrown } : undefined);
}

/** With what lay below it, as it can cross. */
function withCause(shape: ErrorShape, cause: unknown): ErrorShape {
  if (typeof cause !== "object" || cause === null) return shape;
  const { name, message } = cause as Partial<Error>;
  return typeof name === "string" && typeof message === "string" ? { ...shape, cause: { name, message } } : shape;
}

/** Whether the wasm instance ended, so that nothing in it can be used any more. */
export function isTrap(thrown: unknown): thrown is WebAssembly.RuntimeError {
  return thrown instanceof WebAssembly.RuntimeError;
}

function isShape(thrown: unknown): thrown is ErrorShape {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { code, blame, retryable, message } = thrown as Partial<ErrorShape>;
  return typeof code === "string" && typeof blame === "string" && typeof retryable === "boolean" && typeof message === "string";
}
