/** IMAP4rev1 on a maildrop in memory, with UIDPLUS, MOVE, IDLE, SPECIAL-USE, UNSELECT, LITERAL+ and SASL-IR. */
import type { Security } from "../clients/transport.js";
import { dateOf, fetched, flagsOf, search } from "./imap-fetch.js";
import { type Command, listOf, read, setOf, textOf, type Value } from "./imap-syntax.js";
import type { Maildrop, Mailbox } from "./maildrop.js";
import { octetsOf } from "./octets.js";
import { credentialsOf, type Given, type Users } from "./users.js";
import type { Wire } from "./wire.js";

/** Serves one connection to its end. */
export async function serveImap(wire: Wire, maildropOf: (user: string) => Maildrop, users: Users, security: Security): Promise<void> {
  const session = new Session(wire, maildropOf, users, security === "starttls");
  try {
    await session.run();
  } finally {
    session.leave();
  }
}

const capabilities = "IMAP4rev1 LITERAL+ SASL-IR IDLE UIDPLUS MOVE UNSELECT SPECIAL-USE CHILDREN ID";

/** A message in the order that the client knows, and what it knows of its flags. */
interface Known {
  readonly uid: number;
  version: number;
}

type Answer = string | Promise<string>;

class Session {
  #maildrop: Maildrop | undefined;
  #selected: Mailbox | undefined;
  #readOnly = false;
  #known: Known[] = [];
  #unwatch: () => void = () => undefined;

  constructor(
    private readonly wire: Wire,
    private readonly maildropOf: (user: string) => Maildrop,
    private readonly users: Users,
    private plain: boolean,
  ) {}

  async run(): Promise<void> {
    await this.wire.send(`* OK [CAPABILITY ${this.#capabilities()}] ready\r\n`);
    for (let command = await read(this.wire); command !== undefined; command = await read(this.wire)) {
      const ended = await this.#command(command);
      if (command.name !== "LOGOUT" && this.#selected !== undefined) await this.#tell();
      await this.wire.send(`${command.tag} ${ended}\r\n`);
      if (command.name === "LOGOUT") return;
    }
  }

  leave(): void {
    this.#unwatch();
    this.#selected = undefined;
  }

  #capabilities(): string {
    return `${capabilities}${this.plain ? " STARTTLS" : ""} AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER`;
  }

  #command(command: Command): Answer {
    const row = this.#any[command.name] ?? (this.#maildrop === undefined ? this.#before : this.#after)[command.name];
    if (row !== undefined) return row(command.values);
    const selected = this.#onSelected[command.name];
    if (selected !== undefined && this.#selected !== undefined) return selected(command.values, this.#selected, false);
    const byUid = command.name === "UID" ? this.#onSelected[textOf(command.values[0]).toUpperCase()] : undefined;
    if (byUid !== undefined && this.#selected !== undefined) return byUid(command.values.slice(1), this.#selected, true);
    return "BAD unknown, or not now";
  }

  readonly #any: Readonly<Record<string, (values: readonly Value[]) => Answer>> = {
    CAPABILITY: async () => {
      await this.wire.send(`* CAPABILITY ${this.#capabilities()}\r\n`);
      return "OK";
    },
    NOOP: () => "OK",
    ID: async () => {
      await this.wire.send('* ID ("name" "Waypost test server")\r\n');
      return "OK";
    },
    LOGOUT: async () => {
      await this.wire.send("* BYE bye\r\n");
      return "OK";
    },
  };

  readonly #before: Readonly<Record<string, (values: readonly Value[]) => Answer>> = {
    STARTTLS: () => {
      if (!this.plain) return "BAD not here";
      this.plain = false;
      return "OK begin";
    },
    LOGIN: ([username, secret]) => this.#signIn({ username: textOf(username), secret: textOf(secret) }),
    AUTHENTICATE: async ([mechanism, initial]) => {
      if (initial === undefined) await this.wire.send("+ \r\n");
      return this.#signIn(credentialsOf(textOf(mechanism), initial === undefined ? ((await this.wire.line()) ?? "") : textOf(initial)));
    },
  };

  #signIn(given: Given | undefined): string {
    const refused = this.wire.faults.refuseLogin;
    if (refused !== undefined) return `NO [AUTHENTICATIONFAILED] ${refused}`;
    if (given === undefined || !this.users.knows(given)) return "NO [AUTHENTICATIONFAILED] wrong name or password";
    this.#maildrop = this.maildropOf(given.username);
    return `OK [CAPABILITY ${this.#capabilities()}] signed in`;
  }

  readonly #after: Readonly<Record<string, (values: readonly Value[]) => Answer>> = {
    LIST: (values) => this.#list("LIST", values),
    LSUB: (values) => this.#list("LSUB", values),
    STATUS: ([name, items]) =>
      this.#with(name, async (mailbox) => {
        const unseen = mailbox.messages.filter(({ flags }) => !flags.has("\\Seen")).length;
        const numbers: Readonly<Record<string, number>> = { MESSAGES: mailbox.messages.length, RECENT: 0, UIDNEXT: mailbox.uidNext, UIDVALIDITY: mailbox.uidValidity, UNSEEN: unseen };
        const told = listOf(items).map((item) => `${textOf(item)} ${numbers[textOf(item).toUpperCase()] ?? 0}`);
        await this.wire.send(`* STATUS ${quoted(mailbox.name)} (${told.join(" ")})\r\n`);
        return "OK";
      }),
    CREATE: ([name]) => {
      const wanted = textOf(name).replace(/\/$/, "");
      if (wanted === "" || this.#find(wanted) !== undefined) return "NO [ALREADYEXISTS] it is there";
      this.#maildrop?.create(wanted);
      return "OK";
    },
    DELETE: ([name]) =>
      this.#with(name, (mailbox) => {
        if (mailbox.name === "INBOX") return "NO not this one";
        this.#maildrop?.mailboxes.splice(this.#maildrop.mailboxes.indexOf(mailbox), 1);
        return "OK";
      }),
    RENAME: ([from, to]) =>
      this.#with(from, (mailbox) => {
        const [old, name] = [mailbox.name, textOf(to)];
        if (this.#find(name) !== undefined) return "NO [ALREADYEXISTS] it is there";
        for (const one of this.#maildrop?.mailboxes ?? []) if (one.name === old || one.name.startsWith(`${old}/`)) one.name = name + one.name.slice(old.length);
        return "OK";
      }),
    SUBSCRIBE: ([name]) => this.#with(name, (mailbox) => ((mailbox.subscribed = true), "OK")),
    UNSUBSCRIBE: ([name]) => this.#with(name, (mailbox) => ((mailbox.subscribed = false), "OK")),
    APPEND: ([name, ...rest]) =>
      this.#with(
        name,
        (mailbox) => {
          const content = octetsOf(textOf(rest.at(-1)));
          const flags = rest.find((value) => typeof value !== "string") ?? [];
          const date = rest.length > 1 && typeof rest.at(-2) === "string" ? dateOf(textOf(rest.at(-2))) : Date.now();
          const { uid } = mailbox.add({ content, flags: listOf(flags).map(textOf), date });
          mailbox.changed();
          return `OK [APPENDUID ${mailbox.uidValidity} ${uid}] appended`;
        },
        "TRYCREATE",
      ),
    SELECT: ([name]) => this.#select(name, false),
    EXAMINE: ([name]) => this.#select(name, true),
  };

  #find(name: string): Mailbox | undefined {
    return this.#maildrop?.find(name);
  }

  #with(name: Value | undefined, act: (mailbox: Mailbox) => Answer, code = "NONEXISTENT"): Answer {
    const mailbox = this.#find(textOf(name));
    return mailbox === undefined ? `NO [${code}] there is no such mailbox` : act(mailbox);
  }

  async #list(word: string, values: readonly Value[]): Promise<string> {
    const [reference, pattern] = values.filter((value) => typeof value === "string");
    const [first, second] = values;
    const patterns = typeof second === "object" ? second.map(textOf) : [textOf(typeof first === "object" ? values[2] : pattern)];
    if (patterns[0] === "") {
      await this.wire.send(`* ${word} (\\Noselect) "/" ""\r\n`);
      return "OK";
    }
    const expressions = patterns.map((one) => new RegExp(`^${(textOf(reference) + one).replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("%", "[^/]*")}$`));
    const names = (this.#maildrop?.mailboxes ?? []).map(({ name }) => name);
    for (const { name, specialUse, subscribed } of this.#maildrop?.mailboxes ?? []) {
      if (!expressions.some((expression) => expression.test(name)) || (word === "LSUB" && !subscribed)) continue;
      const children = names.some((other) => other.startsWith(`${name}/`)) ? "\\HasChildren" : "\\HasNoChildren";
      await this.wire.send(`* ${word} (${[children, ...(specialUse === undefined ? [] : [specialUse])].join(" ")}) "/" ${quoted(name)}\r\n`);
    }
    return "OK";
  }

  #select(name: Value | undefined, readOnly: boolean): Answer {
    this.leave();
    return this.#with(name, async (mailbox) => {
      this.#readOnly = readOnly;
      this.#known = mailbox.messages.map(({ uid, version }) => ({ uid, version }));
      const flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
      const lines = [
        `FLAGS (${flags})`,
        `OK [PERMANENTFLAGS (${readOnly ? "" : `${flags} \\*`})] flags`,
        `${mailbox.messages.length} EXISTS`,
        "0 RECENT",
        `OK [UIDVALIDITY ${mailbox.uidValidity}] valid`,
        `OK [UIDNEXT ${mailbox.uidNext}] next`,
      ];
      await this.wire.send(lines.map((line) => `* ${line}\r\n`).join(""));
      this.#selected = mailbox;
      return `OK [READ-${readOnly ? "ONLY" : "WRITE"}] selected`;
    });
  }

  readonly #onSelected: Readonly<Record<string, (values: readonly Value[], mailbox: Mailbox, byUid: boolean) => Answer>> = {
    CHECK: () => "OK",
    UNSELECT: () => (this.leave(), "OK"),
    CLOSE: (_, mailbox) => {
      if (!this.#readOnly) this.#expunge(mailbox, () => true);
      this.leave();
      return "OK";
    },
    EXPUNGE: ([set], mailbox) => {
      const within = set === undefined ? () => true : setOf(textOf(set), mailbox.uidNext - 1);
      this.#expunge(mailbox, within);
      return "OK";
    },
    FETCH: async ([set, items], mailbox, byUid) => {
      for (const [sequence, message] of this.#chosen(set, mailbox, byUid)) {
        const { items: told, seen } = fetched(message, listOf(items), byUid);
        if (seen && !this.#readOnly && !message.flags.has("\\Seen")) {
          message.flags.add("\\Seen");
          message.version += 1;
          mailbox.changed();
        }
        await this.wire.send(`* ${sequence} FETCH (${told.join(" ")})\r\n`);
      }
      return "OK";
    },
    STORE: async ([set, how, value], mailbox, byUid) => {
      const [, sign = "", silent] = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(textOf(how)) ?? [];
      const flags = listOf(value).map(textOf);
      const chosen = this.#chosen(set, mailbox, byUid);
      for (const [sequence, message] of chosen) {
        if (sign === "") message.flags.clear();
        for (const flag of flags) {
          if (sign === "-") message.flags.delete(flag);
          else message.flags.add(flag);
        }
        message.version += 1;
        const known = this.#known[sequence - 1];
        if (known !== undefined) known.version = message.version;
        if (silent === undefined) await this.wire.send(`* ${sequence} FETCH (UID ${message.uid} ${flagsOf(message)})\r\n`);
      }
      if (chosen.length > 0) mailbox.changed();
      return "OK";
    },
    SEARCH: async (keys, mailbox, byUid) => {
      const asked = textOf(keys[0]).toUpperCase() === "CHARSET" ? keys.slice(2) : keys;
      const test = search(asked, this.#known.length, mailbox.uidNext - 1);
      if (test === undefined) return "BAD a key that is not known here";
      const found = this.#chosen("1:*", mailbox, false).filter(([sequence, message]) => test(message, sequence));
      await this.wire.send(`* SEARCH${found.map(([sequence, { uid }]) => ` ${byUid ? uid : sequence}`).join("")}\r\n`);
      return "OK";
    },
    COPY: ([set, name], mailbox, byUid) => this.#with(name, (to) => this.#copy(this.#chosen(set, mailbox, byUid), to), "TRYCREATE"),
    MOVE: ([set, name], mailbox, byUid) =>
      this.#with(
        name,
        async (to) => {
          const chosen = this.#chosen(set, mailbox, byUid);
          await this.wire.send(`* ${this.#copy(chosen, to)}\r\n`);
          mailbox.remove(new Set(chosen.map(([, { uid }]) => uid)));
          return "OK moved";
        },
        "TRYCREATE",
      ),
    IDLE: () => this.#idle(),
  };

  #copy(chosen: readonly (readonly [number, Mailbox["messages"][number]])[], to: Mailbox): string {
    const uids = chosen.map(([, { octets, flags, date }]) => to.add({ content: octets, flags: [...flags], date }).uid);
    if (uids.length === 0) return "OK nothing";
    to.changed();
    return `OK [COPYUID ${to.uidValidity} ${chosen.map(([, { uid }]) => uid).join(",")} ${uids.join(",")}] copied`;
  }

  /** The messages of a set that the client knows and that are still there. */
  #chosen(set: Value | undefined, mailbox: Mailbox, byUid: boolean): (readonly [number, Mailbox["messages"][number]])[] {
    const last = byUid ? (this.#known.at(-1)?.uid ?? 0) : this.#known.length;
    const within = setOf(textOf(set), last);
    return this.#known.flatMap(({ uid }, index) => {
      const message = mailbox.messages.find((one) => one.uid === uid);
      return message !== undefined && within(byUid ? uid : index + 1) ? [[index + 1, message] as const] : [];
    });
  }

  #expunge(mailbox: Mailbox, within: (uid: number) => boolean): void {
    mailbox.remove(new Set(mailbox.messages.filter(({ uid, flags }) => flags.has("\\Deleted") && within(uid)).map(({ uid }) => uid)));
  }

  async #idle(): Promise<string> {
    await this.wire.send("+ idling\r\n");
    let telling = this.#tell();
    // What changes while it tells is told after that.
    this.#unwatch =
      this.#selected?.watch(() => {
        telling = telling.then(() => this.#tell()).catch(() => undefined);
      }) ?? this.#unwatch;
    const line = await this.wire.line();
    this.#unwatch();
    await telling;
    return line?.toUpperCase() === "DONE" ? "OK done" : "BAD DONE expected";
  }

  /** Tells what changed since the client was told last. */
  async #tell(): Promise<void> {
    const mailbox = this.#selected;
    if (mailbox === undefined) return;
    let told = "";
    const there = new Map(mailbox.messages.map((message) => [message.uid, message]));
    for (let index = this.#known.length - 1; index >= 0; index -= 1) {
      if (there.has(this.#known[index]?.uid ?? 0)) continue;
      this.#known.splice(index, 1);
      told += `* ${index + 1} EXPUNGE\r\n`;
    }
    for (const [index, known] of this.#known.entries()) {
      const message = there.get(known.uid);
      if (message === undefined || message.version === known.version) continue;
      known.version = message.version;
      told += `* ${index + 1} FETCH (UID ${message.uid} ${flagsOf(message)})\r\n`;
    }
    if (mailbox.messages.length > this.#known.length) {
      this.#known.push(...mailbox.messages.slice(this.#known.length).map(({ uid, version }) => ({ uid, version })));
      told += `* ${this.#known.length} EXISTS\r\n`;
    }
    if (told !== "") await this.wire.send(told);
  }
}

function quoted(name: string): string {
  return `"${name.replace(/["\\]/g, "\\$&")}"`;
}
