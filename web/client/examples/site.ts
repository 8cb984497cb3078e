/** What the examples are run against. */
import type { Target } from "waypost/imap";

/** A gateway, and a mailbox that can be had by both protocols. */
export interface Site {
  /** The gateway's tunnel, `ws:` or `wss:`. */
  readonly gateway: string;
  readonly imap: Target;
  readonly pop3: Target;
  readonly username: string;
  readonly password: string;
}

/** Shows a line to whoever runs the example. */
export type Show = (line: string) => void;
