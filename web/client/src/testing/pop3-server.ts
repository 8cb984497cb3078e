/** POP3 (RFC 1939, 2449) on a maildrop in memory. */
import type { Security } from "../clients/transport.js";
import type { Mailbox } from "./maildrop.js";
import { credentialsOf, type Users } from "./users.js";
import { binary, octetsOf } from "./octets.js";
import type { Wire } from "./wire.js";

/** Serves one connection to its end. */
export async function servePop3(wire: Wire, mailboxOf: (user: string) => Mailbox, users: Users, security: Security): Promise<void> {
  await wire.send("+OK ready\r\n");
  await new Session(wire, mailboxOf, users, security === "starttls").run();
}

class Session {
  #name = "";
  #mailbox: Mailbox | undefined;
  #messages: Mailbox["messages"] = [];
  readonly #marked = new Set<number>();

  constructor(
    private readonly wire: Wire,
    private readonly mailboxOf: (user: string) => Mailbox,
    private readonly users: Users,
    private plain: boolean,
  ) {}

  async run(): Promise<void> {
    for (let line = await this.wire.line(); line !== undefined; line = await this.wire.line()) {
      const [word = "", ...words] = line.split(" ");
      const verb = word.toUpperCase();
      if (verb === "QUIT") {
        this.#mailbox?.remove(new Set([...this.#marked].flatMap((number) => this.#messages[number - 1]?.uid ?? [])));
        await this.wire.send("+OK bye\r\n");
        return;
      }
      const answer = this.#mailbox === undefined ? await this.#before(verb, words, line) : this.#after(verb, words);
      await this.wire.send(...(typeof answer === "string" ? [answer, "\r\n"] : answer));
    }
  }

  async #before(verb: string, words: readonly string[], line: string): Promise<string> {
    switch (verb) {
      case "CAPA":
        return this.#capabilities();
      case "STLS":
        if (!this.plain) return "-ERR not here";
        this.plain = false;
        return "+OK begin";
      case "USER":
        this.#name = words.join(" ");
        return "+OK go on";
      case "PASS":
        return this.#signIn({ username: this.#name, secret: line.slice(5) });
      case "AUTH": {
        if (words[1] === undefined) await this.wire.send("+ \r\n");
        const said = words[1] ?? (await this.wire.line()) ?? "";
        return this.#signIn(credentialsOf(words[0] ?? "", said));
      }
      default:
        return "-ERR sign in first";
    }
  }

  #signIn(given: { readonly username: string; readonly secret: string } | undefined): string {
    const refused = this.wire.faults.refuseLogin;
    if (refused !== undefined) return `-ERR [AUTH] ${refused}`;
    if (given === undefined || !this.users.knows(given)) return "-ERR [AUTH] wrong name or password";
    this.#mailbox = this.mailboxOf(given.username);
    this.#messages = [...this.#mailbox.messages];
    return "+OK signed in";
  }

  #after(verb: string, words: readonly string[]): string | readonly (string | Uint8Array)[] {
    const all = (line: (number: number) => string): string => `${["+OK", ...this.#there().map((number) => `${number} ${line(number)}`)].join("\r\n")}\r\n.`;
    const one = words[0] === undefined ? undefined : this.#message(words[0]);
    if (words[0] !== undefined && one === undefined) return "-ERR no such message";
    const size = (number: number): string => String(this.#messages[number - 1]?.octets.length ?? 0);
    const id = (number: number): string => `uid${this.#messages[number - 1]?.uid ?? 0}`;
    switch (verb) {
      case "CAPA":
        return this.#capabilities();
      case "STAT":
        return `+OK ${this.#there().length} ${this.#there().reduce((sum, number) => sum + Number(size(number)), 0)}`;
      case "LIST":
        return one === undefined ? all(size) : `+OK ${one.number} ${size(one.number)}`;
      case "UIDL":
        return one === undefined ? all(id) : `+OK ${one.number} ${id(one.number)}`;
      case "RETR":
        return one === undefined ? "-ERR which?" : ["+OK\r\n", stuffed(one.octets), ".\r\n"];
      case "TOP":
        return one === undefined ? "-ERR which?" : ["+OK\r\n", stuffed(beginning(one.octets, Number(words[1]))), ".\r\n"];
      case "DELE":
        if (one === undefined) return "-ERR which?";
        this.#marked.add(one.number);
        return "+OK marked";
      case "RSET":
        this.#marked.clear();
        return "+OK";
      case "NOOP":
        return "+OK";
      default:
        return "-ERR unknown";
    }
  }

  #there(): number[] {
    return this.#messages.map((_, index) => index + 1).filter((number) => !this.#marked.has(number));
  }

  #message(word: string): { readonly number: number; readonly octets: Uint8Array } | undefined {
    const message = this.#messages[Number(word) - 1];
    return message === undefined || this.#marked.has(Number(word)) ? undefined : { number: Number(word), octets: message.octets };
  }

  #capabilities(): string {
    return ["+OK", "TOP", "UIDL", "USER", "SASL PLAIN XOAUTH2 OAUTHBEARER", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", ...(this.plain ? ["STLS"] : []), "."].join("\r\n");
  }
}

/** With a dot before each dot at the start of a line, and an end of the last line (RFC 1939, 3). */
function stuffed(octets: Uint8Array): Uint8Array {
  let dot = octets.indexOf(DOT);
  while (dot > 0 && octets[dot - 1] !== LINE_FEED) dot = octets.indexOf(DOT, dot + 1);
  const ends = octets.length === 0 || octets[octets.length - 1] === LINE_FEED;
  if (dot < 0 && ends) return octets;
  const text = binary(octets);
  return octetsOf(`${text.replace(/^\./, "..").replaceAll("\n.", "\n..")}${ends ? "" : "\r\n"}`);
}

function beginning(octets: Uint8Array, lines: number): Uint8Array {
  const text = binary(octets);
  const end = text.indexOf("\r\n\r\n") + 4;
  return octetsOf(`${text.slice(0, end)}${text.slice(end).split("\r\n").slice(0, lines).map((line) => `${line}\r\n`).join("")}`);
}

const DOT = 0x2e;
const LINE_FEED = 0x0a;
