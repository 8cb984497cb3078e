/**
 * Puts messages elsewhere: what a button or a key asks for, what is said of it, and the way back. Mail that lives on this device only;
 * nothing here waits for a network.
 */
import type { Account, ErrorShape, Mailbox, MailClient, Moved } from "waypost";
import { asFault } from "../../faults";
import { type Deed, deedWords, lastCopyWords, messages } from "./deeds";

/** So long a note is shown; it waits while the pointer or the focus is on it. What it offers goes on working by its key. */
const noteMs = 8000;

export interface Note {
  readonly text: string;
  readonly undo: (() => Promise<void>) | null;
}

/** Asked before something that can't be undone. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly verb: string;
  readonly answer: (yes: boolean) => void;
}

/** Asked where messages are to go. */
export interface Choice {
  readonly count: number;
  readonly from: number;
  readonly answer: (chosen: { readonly mailbox: Mailbox; readonly copy: boolean } | null) => void;
}

/** What filing needs of the mail view. */
export interface Shown {
  readonly account: number;
  readonly mailbox: number | null;
  problem: ErrorShape | null;
  folders(account: number): readonly Mailbox[];
  left(ids: readonly string[]): void;
}

export class Filing {
  note: Note | null = $state.raw(null);
  question: Question | null = $state.raw(null);
  choice: Choice | null = $state.raw(null);

  /** Also after its note has gone. */
  #undo: (() => Promise<void>) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #client: MailClient;
  readonly #shown: Shown;

  constructor(client: MailClient, shown: Shown) {
    this.#client = client;
    this.#shown = shown;
  }

  /** Does it with messages of the folder that is shown. Says whether they left it. */
  async file(deed: Deed, ids: readonly string[], account: Account): Promise<boolean> {
    const from = this.#shown.mailbox;
    if (ids.length === 0 || from === null) return false;
    switch (deed) {
      case "move":
        return this.#moveTo(ids, from);
      case "restore":
        return this.#take(deed, from, () => this.#client.restoreMessages(ids));
      case "delete":
        return this.#take(deed, from, () => this.#client.deleteMessages(ids));
      case "erase":
        return this.#erase(ids, account);
      case "inbox":
      case "archive":
      case "junk": {
        const target = this.#shown.folders(account.id).find(({ role }) => role === deed);
        return target !== undefined && this.#take(deed, from, () => this.#client.moveMessages(ids, target.id));
      }
      default:
        return deed satisfies never;
    }
  }

  /** Empties trash or junk for good, after asking. */
  async empty(folder: Mailbox, label: string, account: Account): Promise<void> {
    await this.attempt(async () => {
      const count = folder.total ?? 0;
      if (!(await this.#sure(`Empty ${label}?`, count, `Delete ${messages(count)}`, account))) return;
      const gone = await this.#client.emptyMailbox(account.id, folder.id);
      this.say(`${messages(gone)} deleted for good`);
    });
  }

  /** Takes the last move back. */
  async undo(): Promise<void> {
    const undo = this.#undo;
    this.#undo = null;
    if (undo !== null) await this.attempt(undo);
  }

  say(text: string, undo: (() => Promise<void>) | null = null): void {
    this.#undo = undo;
    this.note = { text, undo };
    this.letGo();
  }

  /** The note stays while it is looked at. */
  hold(): void {
    clearTimeout(this.#timer);
  }

  letGo(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.note = null), noteMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.question?.answer(false);
    this.choice?.answer(null);
  }

  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#shown.problem = asFault(error);
    }
  }

  /** Messages that leave a folder, with the way back. */
  async #take(deed: Deed, from: number, work: () => Promise<readonly Moved[]>, where = ""): Promise<boolean> {
    let left = false;
    await this.attempt(async () => {
      const moved = await work();
      left = moved.length > 0;
      this.#shown.left(moved.map((one) => one.from));
      this.say(left ? `${messages(moved.length)} ${deedWords[deed].done}${where}` : "Nothing was moved: the messages are not here any more", left ? () => this.#back(moved, from) : null);
    });
    return left;
  }

  async #back(moved: readonly Moved[], to: number): Promise<void> {
    const back = await this.#client.moveMessages(moved.map((one) => one.to), to);
    const missing = moved.length - back.length;
    this.say(`${messages(back.length)} put back${missing === 0 ? "" : `; ${missing} ${missing === 1 ? "is" : "are"} not there any more`}`);
  }

  async #moveTo(ids: readonly string[], from: number): Promise<boolean> {
    const chosen = await new Promise<Parameters<Choice["answer"]>[0]>((answer) => (this.choice = { count: ids.length, from, answer }));
    this.choice = null;
    if (chosen === null) return false;
    const { mailbox, copy } = chosen;
    const name = mailbox.role === "inbox" ? "Inbox" : mailbox.name;
    if (!copy) return this.#take("move", from, () => this.#client.moveMessages(ids, mailbox.id), ` to ${name}`);
    await this.attempt(async () => {
      const copies = await this.#client.copyMessages(ids, mailbox.id);
      this.say(`${messages(copies.length)} copied to ${name}`);
    });
    return false;
  }

  async #erase(ids: readonly string[], account: Account): Promise<boolean> {
    let left = false;
    await this.attempt(async () => {
      if (!(await this.#sure(`Delete ${messages(ids.length)} for good?`, ids.length, "Delete for good", account))) return;
      await this.#client.deleteMessages(ids);
      left = true;
      this.#shown.left(ids);
      this.say(`${messages(ids.length)} deleted for good`);
    });
    return left;
  }

  async #sure(title: string, count: number, verb: string, account: Account): Promise<boolean> {
    const { total } = await this.#client.ledger(account.id, { states: ["both", "due", "deleting"], limit: 1 });
    const text = lastCopyWords(count, total, account.pop3.removal.whenDeleted);
    const yes = await new Promise<boolean>((answer) => (this.question = { title, text, verb, answer }));
    this.question = null;
    return yes;
  }
}
