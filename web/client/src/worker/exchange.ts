/** The broker's work: gives to a Worker the end of a line that another has opened. It keeps names and ports, and hears nothing of what passes. */
import { hold, type Locks } from "./leader.js";
import type { FromBroker, ToBroker } from "./port.js";

interface Member {
  readonly leave: AbortController;
  /** Undefined before it has joined. */
  port: MessagePort | undefined;
  /** A line for a member that has not joined yet: nothing orders what two Workers post. */
  line: MessagePort | undefined;
}

/** All Workers that can be reached. One is forgotten when its lock says that it is gone. */
export class Exchange {
  readonly #locks: Locks;
  readonly #members = new Map<string, Member>();

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  /** How many there are. */
  get size(): number {
    return this.#members.size;
  }

  /** Serves a Worker over its port. */
  serve(port: MessagePort): void {
    port.addEventListener("message", (event: MessageEvent<ToBroker>) => this.#hear(port, event.data));
    port.start();
  }

  #hear(from: MessagePort, message: ToBroker): void {
    const member = this.#member(message.name);
    if (message.kind === "join") member.port = from;
    else {
      member.line?.close();
      member.line = message.port;
    }
    const { port, line } = member;
    if (port !== undefined && line !== undefined) {
      member.line = undefined;
      port.postMessage({ kind: "line", port: line } satisfies FromBroker, [line]);
    }
    from.postMessage({ kind: "done" } satisfies FromBroker);
  }

  #member(name: string): Member {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const member: Member = { leave: new AbortController(), port: undefined, line: undefined };
    this.#members.set(name, member);
    const gone = (): void => {
      this.#members.delete(name);
      member.leave.abort();
      member.port?.close();
      member.line?.close();
    };
    hold(this.#locks, name, member.leave.signal, gone).catch(gone);
    return member;
  }
}
