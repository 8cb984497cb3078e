/** The way out: with nothing that answers any more, mail is saved from the app as the octets that were delivered, for other programs to read. */
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { storedMessages } from "../harness/device.ts";
import { compose, sha256 } from "../harness/mail.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn } from "../pages/app.ts";

/** Lines that readers take for the beginning of the next message, and others that look like them; POP3 has an eye on the dots. */
const separators = ["From here on it is quoted", ">From there", ">>>From far", "", "From a@b.example Tue Nov 24 15:16:30 2026", ">From", " From within", "> From afar", "From ", ".", "..From", "Größe", ""].join("\n");

/** Over 4 MiB the page puts a file together of several blobs; the store gives a message in pieces of a mebibyte. */
const heavy = 6_000_000;

const messages: readonly { readonly subject: string; readonly raw: string }[] = [
  { subject: "Plain", text: "Nothing in particular." },
  { subject: "Separators", text: separators },
  { subject: "Heavy", weight: heavy },
  // Long enough that pieces end in the middle of lines that are quoted.
  { subject: "Long", text: separators.repeat(15_000) },
  { subject: "Last", html: "<p>From here</p>\n<p>to there</p>" },
].map((draft) => ({ subject: draft.subject, raw: compose(draft) }));

const separator = /^From \S+ (Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d \d{4}\n$/;

/** The messages of a file of the format mboxrd, with the line ends of the wire. Shares nothing with what writes such files. */
function readMboxrd(file: Buffer): readonly Buffer[] {
  const found: string[][] = [];
  let before = "\n";
  // Each octet is one character.
  for (const line of file.toString("latin1").match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (line.startsWith("From ")) {
      expect(line, "it is quoted, or it begins a message").toMatch(separator);
      expect(before, "an empty line is before it").toBe("\n");
      found.push([]);
    } else {
      if (found.length === 0) throw new Error("The file does not begin with a separator.");
      found.at(-1)?.push(line.replace(/^>(>*From )/, "$1").replace(/\n$/, "\r\n"));
    }
    before = line;
  }
  return found.map((lines) => {
    expect(lines.pop(), "an empty line ends each message").toBe("\r\n");
    return Buffer.from(lines.join(""), "latin1");
  });
}

/** What is downloaded when this is done. */
async function downloadOf(page: Page, act: () => Promise<void>): Promise<{ readonly name: string; readonly octets: Buffer }> {
  const began = page.waitForEvent("download");
  await act();
  const download = await began;
  return { name: download.suggestedFilename(), octets: readFileSync(await download.path()) };
}

/** Equal or not is told by length and hash: nobody wants to read the difference of mebibytes. */
const known = (octets: Buffer): string => `${octets.length} octets, ${sha256(octets)}`;

test("a folder is saved as .mbox and messages as .eml without a connection, octet for octet as they were delivered", async ({ app, mail, gateway }) => {
  for (const { raw } of messages) await mail.deliver(raw);
  const delivered = messages.map(({ raw }) => Buffer.from(raw));
  expect((await mail.list()).map((message) => message.sha256), "control: the server has what was composed").toEqual(delivered.map(sha256));
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  await expect.poll(async () => (await storedMessages(app.page)).filter(({ noted }) => noted !== null).length, { timeout: 60_000 }).toBe(messages.length);
  await app.workerReady();
  await gateway.stop();
  await mail.stop();
  // First as in a browser that can't ask where a file goes.
  await app.page.addInitScript(() => void Reflect.deleteProperty(globalThis, "showSaveFilePicker"));
  await app.reload();
  await expect(app.rows).toHaveCount(messages.length);

  for (const [index, subject] of [[1, "Separators"], [2, "Heavy"]] as const) {
    await app.openMessage(subject);
    const { name, octets } = await downloadOf(app.page, () => app.message.getByRole("button", { name: "Save the message as a file" }).click());
    expect(name).toMatch(new RegExp(`^2026-\\d\\d-\\d\\d ${subject}\\.eml$`));
    expect(known(octets), subject).toBe(known(delivered[index] ?? Buffer.alloc(0)));
  }

  const saved = `${messages.length} messages saved.`;
  const { name, octets } = await downloadOf(app.page, () => app.saveFolder("Inbox", saved));
  expect(name).toBe("INBOX.mbox");
  expect(readMboxrd(octets).map(known)).toEqual(delivered.map(known));

  // Straight to the disk: a file of the origin's own stands for the one that a person would choose.
  await app.page.evaluate(() => {
    const pieces: number[] = [];
    const pick = async ({ suggestedName }: { suggestedName: string }): Promise<unknown> => {
      const chosen = await (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
      const createWritable = async (): Promise<WritableStream<Uint8Array<ArrayBuffer>>> => {
        const disk = await chosen.createWritable();
        return new WritableStream({ write: (piece) => (pieces.push(piece.length), disk.write(piece)), close: () => disk.close() });
      };
      return { createWritable };
    };
    Object.assign(globalThis, { pieces, showSaveFilePicker: pick });
  });
  await app.saveFolder("Inbox", saved);
  const { pieces, chosen } = await app.page.evaluate(async () => {
    const file = await (await (await navigator.storage.getDirectory()).getFileHandle("INBOX.mbox")).getFile();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const { pieces } = globalThis as unknown as { readonly pieces: readonly number[] };
    return { pieces, chosen: `${file.size} octets, ${[...hash].map((octet) => octet.toString(16).padStart(2, "0")).join("")}` };
  });
  expect(chosen).toBe(known(octets));
  expect(octets.length).toBeGreaterThan(heavy);
  expect(Math.max(...pieces), "octets at once").toBeLessThan(2 * 1024 * 1024);
});
