import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Account, AccountState, ListQuery, Mailbox, MailClient, MailEvent, MessageRow, MessageView } from "waypost";
import { plainListing, type Shelf } from "./listing";
import { MailState } from "./state.svelte";

const pop3 = { removal: { afterDownload: false, afterDays: null, whenDeleted: false, whenMoved: false }, download: { kind: "whole" }, skipAbove: null, perCheck: null, newestFirst: false, interval: 300, acceptsEviction: false } as const;
const account: Account = { id: 1, protocol: "imap", address: "clara@orchard.example", host: "imap.orchard.example", port: 993, security: "tls", username: "clara", pop3, rules: [], notices: [], migration: null };
const box = (id: number, name: string): Mailbox => ({ id, name, delimiter: "/", role: null, selectable: true, uidvalidity: 1, total: null, unseen: null, flagged: 0, syncedAt: null });
const row = (number: number, flags: readonly string[] = ["\\Seen"]): MessageRow => ({
  id: String(number),
  from: "Ingrid",
  fromAddress: "",
  to: "",
  subject: `Subject ${number}`,
  snippet: "",
  date: 1_000_000 - number,
  size: 1,
  flags,
  attachment: false,
  body: true,
  waiting: false,
  thread: 0,
  content: null,
  sha256: null,
  origin: null,
  copyOf: null,
});
const view = (subject: string): MessageView => ({ subject, from: [], replyTo: [], to: [], cc: [], date: null, messageId: null, text: "", html: null, parts: [] });

/** A store of two folders whose answers a test can hold back. */
class Store {
  folders = [box(1, "INBOX"), box(2, "Work")];
  rows = new Map<number, MessageRow[]>([[1, Array.from({ length: 150 }, (_, number) => row(number))], [2, [row(900)]]]);
  state: AccountState = { state: "online" };
  onServer: MessageRow[] = [];
  reads = 0;
  watched: number[] = [];
  held: Promise<void> = Promise.resolve();
  missing = new Set<string>();
  synced: number[] = [];
  private readonly events = new EventTarget();

  tell(event: MailEvent): void {
    this.events.dispatchEvent(new CustomEvent(event.event, { detail: event }));
  }

  readonly client = {
    mailboxes: () => Promise.resolve(this.folders),
    state: () => Promise.resolve(this.state),
    waiting: () => Promise.resolve(0),
    list: async (_: number, mailbox: number, { filter, descending, after = "0", limit = 50 }: ListQuery) => {
      this.reads += 1;
      if (mailbox === 1) await this.held;
      const all = (this.rows.get(mailbox) ?? []).filter(({ flags }) => filter !== "unread" || !flags.includes("\\Seen"));
      if (descending === false) all.reverse();
      const end = Number(after) + limit;
      return { rows: all.slice(Number(after), end), total: all.length, next: end <= all.length ? String(end) : null };
    },
    showMailbox: (_: number, mailbox: number) => {
      this.watched.push(mailbox);
      return Promise.resolve();
    },
    syncNow: (account: number) => {
      this.synced.push(account);
      return Promise.reject(new Error("no network"));
    },
    loadOlder: () => {
      this.rows.get(1)?.push(...this.onServer);
      return Promise.resolve(this.onServer.splice(0).length);
    },
    message: (id: string) => (this.missing.has(id) ? Promise.reject(new Error("not here")) : Promise.resolve(view(`View ${id}`))),
    changeFlags: ([id]: readonly string[], add: readonly string[]) => {
      const rows = this.rows.get(1) ?? [];
      this.rows.set(1, rows.map((one) => (one.id === id ? { ...one, flags: [...one.flags, ...add] } : one)));
      return Promise.resolve();
    },
    addEventListener: this.events.addEventListener.bind(this.events),
  } as unknown as MailClient;
}

let store: Store;
let mail: MailState;
let shelf: Shelf;

beforeEach(async () => {
  vi.useFakeTimers();
  store = new Store();
  const shelved = new Map<string, string>();
  shelf = { getItem: (key) => shelved.get(key) ?? null, setItem: (key, value) => void shelved.set(key, value) };
  mail = new MailState({ client: store.client, accounts: [account], wanted: null }, shelf);
  await mail.start();
});

afterEach(() => {
  mail.close();
  vi.useRealTimers();
});

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(200);

describe("the mail view", () => {
  test("begins with the first folder and what is stored of it", () => {
    expect([mail.mailbox, mail.rows?.length, store.watched]).toEqual([1, 100, [1]]);
  });

  test("an answer for a folder that was left is dropped", async () => {
    let release = (): void => undefined;
    store.held = new Promise((resolve) => (release = resolve));
    const slow = mail.show(1, 1);
    await mail.show(1, 2);
    release();
    await slow;
    expect([mail.mailbox, mail.rows?.map(({ id }) => id)]).toEqual([2, ["900"]]);
  });

  test("a shower of changes is read once, and what it brought is shown", async () => {
    const before = store.reads;
    store.rows.get(1)?.unshift(row(-1, []));
    for (let count = 0; count < 50; count += 1) store.tell({ event: "change", type: "messages", account: 1, mailbox: 1 });
    await settled();
    expect(mail.rows?.[0]?.id).toBe("-1");
    expect(store.reads - before).toBe(1);
  });

  test("older rows come from the store, then from the server, then there are none", async () => {
    store.onServer = [row(200), row(201)];
    await mail.loadOlder();
    expect([mail.rows?.length, mail.older]).toEqual([150, "some"]);
    await mail.loadOlder();
    expect([mail.rows?.length, mail.older]).toEqual([152, "some"]);
    await mail.loadOlder();
    expect([mail.rows?.length, mail.older]).toEqual([152, "none"]);
  });

  test("offline the list says that older rows are not here, and goes on when the connection is back", async () => {
    store.tell({ event: "state", account: 1, status: { state: "signed-out" } });
    await mail.loadOlder();
    await mail.loadOlder();
    expect([mail.rows?.length, mail.older]).toEqual([150, "offline"]);
    store.tell({ event: "state", account: 1, status: { state: "online" } });
    expect([mail.older, store.watched]).toEqual(["some", [1, 1]]);
  });

  test("opening marks as read once the text is here, and not before", async () => {
    store.rows.set(1, [row(1, []), row(2, [])]);
    await mail.show(1, 1);
    store.missing.add("2");
    await mail.open(row(2, []));
    expect([mail.view, mail.opened?.flags]).toEqual([null, []]);
    await mail.open(row(1, []));
    await settled();
    expect([mail.view?.subject, mail.rows?.[0]?.flags]).toEqual(["View 1", ["\\Seen"]]);
  });

  test("a message that was removed elsewhere stays open and says so", async () => {
    await mail.open(row(3));
    store.rows.set(1, [row(1), row(2)]);
    store.tell({ event: "change", type: "messages", account: 1, mailbox: 1 });
    await settled();
    expect([mail.gone, mail.view?.subject]).toEqual([true, "View 3"]);
  });

  test("where the folder that is shown is deleted, the first is shown", async () => {
    await mail.show(1, 2);
    store.folders = [box(1, "INBOX")];
    store.tell({ event: "change", type: "mailboxes", account: 1 });
    await settled();
    expect([mail.mailbox, mail.rows?.length]).toEqual([1, 100]);
  });

  test("a folder stands as it was arranged, whenever it is shown", async () => {
    await mail.arrange({ ...plainListing, descending: false });
    expect(mail.rows?.[0]?.id).toBe("149");
    await mail.show(1, 2);
    expect(mail.listing).toEqual(plainListing);
    await mail.show(1, 1);
    expect([mail.listing.descending, mail.rows?.[0]?.id]).toEqual([false, "149"]);
  });

  test("of messages that are sorted or chosen more come from the server only when that is asked for", async () => {
    store.onServer = [row(200, [])];
    await mail.arrange({ ...plainListing, filter: "unread" });
    expect([mail.rows, mail.older]).toEqual([[], "asks"]);
    await mail.loadOlder();
    expect([mail.rows?.map(({ id }) => id), mail.older]).toEqual([["200"], "asks"]);
    await mail.loadOlder();
    expect(mail.older).toBe("none");
  });

  test("an unread message that is opened stays among the unread ones until it is shut", async () => {
    store.rows.set(1, [row(1, []), row(2, []), row(3, [])]);
    await mail.arrange({ ...plainListing, filter: "unread" });
    await mail.open(row(2, []));
    await settled();
    expect([mail.rows?.map(({ id }) => id), mail.gone, mail.rows?.[1]?.flags]).toEqual([["1", "2", "3"], false, ["\\Seen"]]);
    mail.shut();
    await settled();
    expect(mail.rows?.map(({ id }) => id)).toEqual(["1", "3"]);
  });

  test("the end of mail that lives here is no question to a server", async () => {
    mail.close();
    mail = new MailState({ client: store.client, accounts: [{ ...account, protocol: "pop3" }], wanted: null }, shelf);
    store.state = { state: "signed-out" };
    await mail.start();
    await mail.loadOlder();
    await mail.loadOlder();
    expect([mail.rows?.length, mail.older]).toEqual([150, "none"]);
  });

  test("ticks are of the list that is shown: all of it, not what left it, and none of another folder", async () => {
    await mail.tickAll();
    expect(mail.ticked.ids.size).toBe(150);
    store.rows.set(1, [row(1), row(2)]);
    store.tell({ event: "change", type: "messages", account: 1, mailbox: 1 });
    await settled();
    expect([mail.ticked.ids.has("1"), mail.ticked.ids.has("3")]).toEqual([true, false]);
    await mail.show(1, 2);
    expect(mail.ticked.ids.size).toBe(0);
  });

  test("what was moved away leaves the list at once, and is shut", async () => {
    await mail.open(row(3));
    mail.left(["3", "4"]);
    expect([mail.rows?.some(({ id }) => id === "3"), mail.opened, mail.rows?.length]).toEqual([false, null, 98]);
  });

  test("without a network it says offline at once, and looks for mail when the network is back", () => {
    mail.networkLost();
    expect([mail.state.state, store.synced]).toEqual(["offline", []]);
    mail.networkFound();
    expect([mail.state.state, store.synced]).toEqual(["online", [1]]);
  });

  test("a gateway that is reached without a network has the last word", () => {
    mail.networkLost();
    store.tell({ event: "state", account: 1, status: { state: "online" } });
    expect(mail.state.state).toBe("online");
  });

  test("a page that is seen again looks for mail, not at each flick, and not without a password", () => {
    mail.look();
    expect(store.synced).toEqual([]);
    vi.advanceTimersByTime(60_000);
    mail.look();
    mail.look();
    expect(store.synced).toEqual([1]);
    store.tell({ event: "state", account: 1, status: { state: "signed-out" } });
    vi.advanceTimersByTime(60_000);
    mail.look();
    expect(store.synced).toEqual([1]);
  });

  test("after the store was removed a folder whose number may be another's is left, and the inbox stays", async () => {
    store.folders = [{ ...box(1, "INBOX"), role: "inbox" }, box(2, "Work")];
    store.tell({ event: "change", type: "mailboxes", account: 1 });
    await settled();
    await mail.show(1, 2);
    store.folders = store.folders.slice(0, 1);
    store.rows = new Map([[1, [row(7)]]]);
    store.tell({ event: "storage", storage: "evicted" });
    await settled();
    expect([mail.mailbox, mail.rows?.map(({ id }) => id), mail.problem]).toEqual([1, ["7"], null]);
    await mail.open(row(7));
    store.rows.clear();
    store.tell({ event: "storage", storage: "evicted" });
    await settled();
    expect([mail.mailbox, mail.rows, mail.gone, mail.view?.subject]).toEqual([1, [], true, "View 7"]);
  });

  test("a folder that is gone gives way to the first", async () => {
    await mail.show(1, 2);
    store.folders = [box(1, "INBOX")];
    store.tell({ event: "change", type: "mailboxes", account: 1 });
    await settled();
    expect(mail.mailbox).toBe(1);
  });

  test("what the store refuses is shown, and the rows say the truth again", async () => {
    store.client.changeFlags = () => Promise.reject(Object.assign(new Error("full"), { code: "store-full", blame: "device", retryable: false, serverText: null }));
    await mail.change(["1"], ["\\Flagged"], []);
    await settled();
    expect([mail.problem?.code, mail.rows?.find(({ id }) => id === "1")?.flags]).toEqual(["store-full", ["\\Seen"]]);
  });
});
