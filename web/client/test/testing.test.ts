import { afterEach, describe, expect, it } from "vitest";
import type { Duplex, Security } from "../src/clients/transport.js";
import { mailServer, script, type MailServer, type TestTransportOptions } from "../src/testing.js";

/** Speaks to a server in memory line by line. */
class Dialogue {
  #rest = "";

  private constructor(
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
    private readonly writer: WritableStreamDefaultWriter<Uint8Array>,
  ) {}

  static async with(server: Pick<MailServer, "transport">, options: TestTransportOptions = {}, security: Security = "tls"): Promise<Dialogue> {
    return Dialogue.over(await server.transport(options).connect({ host: "mail.example", port: 993, security }));
  }

  static over(duplex: Duplex): Dialogue {
    return new Dialogue(duplex.readable.getReader(), duplex.writable.getWriter());
  }

  say(text: string): void {
    void this.writer.write(new TextEncoder().encode(text)).catch(() => undefined);
  }

  /** Up to the line that begins so. */
  async hear(start: string): Promise<string> {
    for (;;) {
      const found = new RegExp(`(?:^|\\n)${start.replace(/[+*.]/g, "\\$&")}[^\\n]*\\n`).exec(this.#rest);
      if (found !== null) {
        const end = found.index + found[0].length;
        const heard = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end);
        return heard;
      }
      const { done, value } = await this.reader.read();
      if (done) throw new Error(`The server ended; it said ${this.#rest}`);
      this.#rest += new TextDecoder("latin1").decode(value);
    }
  }

  /** A command and its answer. */
  async ask(command: string): Promise<string> {
    this.say(`${command}\r\n`);
    return this.hear(`${command.split(" ")[0] ?? ""} `);
  }

  async close(): Promise<void> {
    await this.writer.abort().catch(() => undefined);
  }
}

const open: Dialogue[] = [];
async function signedIn(server: MailServer, options?: TestTransportOptions): Promise<Dialogue> {
  const dialogue = await Dialogue.with(server, options);
  open.push(dialogue);
  await dialogue.hear("* OK");
  expect(await dialogue.ask("a1 LOGIN robin secret")).toMatch(/^a1 OK \[CAPABILITY IMAP4rev1/m);
  return dialogue;
}

afterEach(async () => {
  for (const dialogue of open.splice(0)) await dialogue.close();
});

const multipart = `From: "Ada, of Example" <ada@example.org>
To: robin@example.org, Kim <kim@example.net>
Subject: Plan
Message-ID: <1@example.org>
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Hello
--b
Content-Type: application/pdf; name="plan.pdf"
Content-Disposition: attachment; filename="plan.pdf"
Content-Transfer-Encoding: base64

AAAA
--b--
`;

describe("mailServer", () => {
  it("refuses who gives a wrong password, and asks for a literal to be sent", async () => {
    const dialogue = await Dialogue.with(mailServer({ users: { "kim@example.net": 'pass "word"' } }));
    await dialogue.hear("* OK");
    expect(await dialogue.ask("a1 LOGIN kim@example.net nothing")).toContain("a1 NO [AUTHENTICATIONFAILED]");
    dialogue.say("a2 LOGIN kim@example.net {11}\r\n");
    await dialogue.hear("+");
    dialogue.say('pass "word"\r\n');
    expect(await dialogue.hear("a2")).toContain("a2 OK");
  });

  it("takes AUTHENTICATE PLAIN and a token, with and without an initial response", async () => {
    const server = mailServer();
    const dialogue = await Dialogue.with(server);
    await dialogue.hear("* OK");
    expect(await dialogue.ask(`a1 AUTHENTICATE PLAIN ${btoa("\0robin\0wrong")}`)).toContain("a1 NO");
    dialogue.say("a2 AUTHENTICATE PLAIN\r\n");
    await dialogue.hear("+");
    dialogue.say(`${btoa("\0robin\0secret")}\r\n`);
    expect(await dialogue.hear("a2")).toContain("a2 OK");
    const other = await Dialogue.with(server);
    expect(await other.ask(`a1 AUTHENTICATE XOAUTH2 ${btoa("user=robin\x01auth=Bearer secret\x01\x01")}`)).toContain("a1 OK");
  });

  it("lists mailboxes by pattern, with their uses", async () => {
    const dialogue = await signedIn(mailServer({ mailboxes: { Sent: [], "Work/2026": [], Work: [] } }));
    expect(await dialogue.ask('a2 LIST "" "*"')).toBe(
      '* LIST (\\HasNoChildren) "/" "INBOX"\r\n* LIST (\\HasNoChildren \\Sent) "/" "Sent"\r\n* LIST (\\HasNoChildren) "/" "Work/2026"\r\n* LIST (\\HasChildren) "/" "Work"\r\na2 OK\r\n',
    );
    expect(await dialogue.ask("a3 LIST Work/ %")).toBe('* LIST (\\HasNoChildren) "/" "Work/2026"\r\na3 OK\r\n');
    expect(await dialogue.ask("a4 RENAME Work Done")).toContain("a4 OK");
    expect(await dialogue.ask('a5 LIST "" Done/*')).toContain("Done/2026");
    expect(await dialogue.ask("a6 CREATE Done")).toContain("a6 NO [ALREADYEXISTS]");
    expect(await dialogue.ask("a7 DELETE INBOX")).toContain("a7 NO");
    expect(await dialogue.ask("a8 STATUS Nowhere (MESSAGES)")).toContain("a8 NO [NONEXISTENT]");
  });

  it("gives envelope, structure and sections of a message (RFC 9051, 7.5.2)", async () => {
    const server = mailServer({ mailboxes: { INBOX: [{ content: multipart, date: Date.UTC(2026, 0, 2, 3, 4, 5) }] } });
    const dialogue = await signedIn(server);
    expect(await dialogue.ask("a2 SELECT INBOX")).toMatch(/\* 1 EXISTS\r\n[^]*UIDVALIDITY 1\][^]*a2 OK \[READ-WRITE\]/);
    const fetched = await dialogue.ask("a3 UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)");
    expect(fetched).toContain('ENVELOPE (NIL "Plan" (("Ada, of Example" NIL "ada" "example.org")) (("Ada, of Example" NIL "ada" "example.org")) (("Ada, of Example" NIL "ada" "example.org")) ((NIL NIL "robin" "example.org")("Kim" NIL "kim" "example.net")) NIL NIL NIL "<1@example.org>")');
    expect(fetched).toContain('INTERNALDATE " 2-Jan-2026 03:04:05 +0000"');
    expect(fetched).toContain('BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 5 0 NIL NIL NIL NIL)("application" "pdf" ("name" "plan.pdf") NIL NIL "base64" 4 NIL ("attachment" ("filename" "plan.pdf")) NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)');
    expect(await dialogue.ask("a4 UID FETCH 1 (BODY.PEEK[1] BODY.PEEK[2]<1.2>)")).toContain("* 1 FETCH (UID 1 BODY[1] {5}\r\nHello BODY[2]<1> {2}\r\nAA)");
    expect(await dialogue.ask("a5 UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT TO)])")).toContain("{63}\r\nTo: robin@example.org, Kim <kim@example.net>\r\nSubject: Plan\r\n\r\n");
    expect(server.messages()[0]?.flags).toEqual(new Set());
    expect(await dialogue.ask("a6 UID FETCH 1 (BODY[2.MIME])")).toContain("Content-Disposition: attachment");
    expect(await dialogue.ask("a7 UID FETCH 1 FLAGS")).toContain("FLAGS (\\Seen)");
    expect(await dialogue.ask("a8 UID FETCH 1 (BODY.PEEK[3])")).toContain("BODY[3] NIL");
  });

  it("stores flags, searches, copies, moves, appends and expunges", async () => {
    const server = mailServer({ mailboxes: { INBOX: ["Subject: one\n\nx", { content: "Subject: two\n\ny", flags: ["\\Flagged"] }], Trash: [] } });
    const dialogue = await signedIn(server);
    await dialogue.ask("a2 SELECT INBOX");
    expect(await dialogue.ask("a3 UID SEARCH FLAGGED NOT SUBJECT one")).toContain("* SEARCH 2\r\n");
    expect(await dialogue.ask("a4 UID SEARCH OR BODY x SMALLER 3")).toContain("* SEARCH 1\r\n");
    expect(await dialogue.ask("a5 UID SEARCH WHAT")).toContain("a5 BAD");
    expect(await dialogue.ask("a6 UID STORE 1 +FLAGS.SILENT (\\Seen $Later)")).toBe("a6 OK\r\n");
    expect(await dialogue.ask("a7 UID STORE 1 -FLAGS (\\Seen)")).toContain("* 1 FETCH (UID 1 FLAGS ($Later))");
    expect(await dialogue.ask("a8 UID COPY 1:2 Trash")).toContain("[COPYUID 2 1,2 1,2]");
    expect(await dialogue.ask("a9 UID MOVE 1 Trash")).toMatch(/\* OK \[COPYUID 2 1 3\][^]*\* 1 EXPUNGE/);
    expect(await dialogue.ask("b1 UID COPY 2 Nowhere")).toContain("b1 NO [TRYCREATE]");
    dialogue.say("b2 APPEND INBOX (\\Draft) \"02-Jan-2026 03:04:05 +0000\" {16+}\r\nSubject: three\r\n\r\n");
    expect(await dialogue.hear("b2")).toMatch(/\* 2 EXISTS\r\nb2 OK \[APPENDUID 1 3\]/);
    expect(server.messages().at(-1)).toMatchObject({ uid: 3, date: Date.UTC(2026, 0, 2, 3, 4, 5), flags: new Set(["\\Draft"]) });
    await dialogue.ask("b3 UID STORE 2:3 +FLAGS.SILENT (\\Deleted)");
    expect(await dialogue.ask("b4 UID EXPUNGE 2")).toBe("* 1 EXPUNGE\r\nb4 OK\r\n");
    await dialogue.ask("b5 CLOSE");
    expect(server.messages()).toEqual([]);
    expect(server.mailboxes()).toEqual(["INBOX", "Trash"]);
    expect(await dialogue.ask("b6 LOGOUT")).toContain("* BYE");
  });

  it("tells who watches what is delivered and what others do", async () => {
    const server = mailServer({ mailboxes: { INBOX: ["Subject: one\n\nx"] } });
    const [watcher, other] = [await signedIn(server), await signedIn(server)];
    await watcher.ask("a2 SELECT INBOX");
    watcher.say("a3 IDLE\r\n");
    await watcher.hear("+ idling");
    expect(server.deliver("Subject: two\n\ny")).toBe(2);
    expect(await watcher.hear("* 2 EXISTS")).toBe("* 2 EXISTS\r\n");
    await other.ask("a2 SELECT INBOX");
    await other.ask("a3 UID STORE 1 +FLAGS (\\Seen \\Deleted)");
    expect(await watcher.hear("* 1 FETCH")).toContain("\\Seen");
    await other.ask("a4 EXPUNGE");
    await watcher.hear("* 1 EXPUNGE");
    watcher.say("DONE\r\n");
    expect(await watcher.hear("a3")).toBe("a3 OK done\r\n");
  });

  it("does on demand what goes wrong on networks", async () => {
    const server = mailServer({ mailboxes: { INBOX: ["x"] } });
    await expect(Dialogue.with(server, { refuseConnection: true })).rejects.toMatchObject({ code: "refused" });
    const refused = await Dialogue.with(server, { refuseLogin: "not today" });
    expect(await refused.ask("a1 LOGIN robin secret")).toContain("NO [AUTHENTICATIONFAILED] not today");
    const cut = await Dialogue.with(server, { cutAfter: 10 });
    await expect(cut.hear("nothing")).rejects.toMatchObject({ code: "connection-lost" });
    const pieces = await server.transport({ pieces: 3, delay: 1 }).connect({ host: "h", port: 143, security: "none" });
    expect((await pieces.readable.getReader().read()).value).toHaveLength(3);
    const all = await signedIn(server);
    server.cut();
    await expect(all.hear("nothing")).rejects.toMatchObject({ code: "connection-lost" });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(server.connections).toBe(0);
  });
});

describe("script", () => {
  it("plays lines in the form of the transcripts, with escapes", async () => {
    const played = script(["# a comment", "S: * OK ready", "C: a1 NOOP", "S: a1 OK \\x41\\0\\\\ no end\\"]);
    const dialogue = Dialogue.over(await played.connect({ host: "h", port: 143, security: "none" }));
    await dialogue.hear("* OK ready");
    dialogue.say("a1 NOOP\r\n");
    await expect(dialogue.hear("no such line")).rejects.toThrow("it said a1 OK A\0\\ no end");
    await played.finished;
    await expect(played.connect({ host: "h", port: 143, security: "none" })).rejects.toMatchObject({ code: "wrong-argument" });
  });

  it("says what the client said in place of what it should", async () => {
    const played = script(["C: a1 NOOP"]);
    const dialogue = Dialogue.over(await played.connect({ host: "h", port: 143, security: "none" }));
    dialogue.say("a1 QUIT\r\n");
    await expect(played.finished).rejects.toThrow('The client said "a1 QUIT\\r\\n" where the script has "a1 NOOP\\r\\n".');
    expect(() => script(["X: what"])).toThrow(/begins with/);
  });
});
