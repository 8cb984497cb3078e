/** The clients without the engine in a page, through the real gateway to a real Dovecot. */
import type { Page } from "@playwright/test";
import { writeClients } from "../harness/clients.ts";
import type { MailServer } from "../harness/mail-server.ts";
import { expect, targetsOf, test as base } from "../harness/stage.ts";

type Imap = typeof import("../../../web/client/src/imap.ts");
type Pop3 = typeof import("../../../web/client/src/pop3.ts");

/** What stands in the page. */
interface Inside {
  readonly entries: { readonly imap: Imap; readonly pop3: Pop3 };
}

const test = base.extend<{ readonly page: Page }>({
  gateway: async ({ stage, mail }, use) => {
    const app = stage.subfolder("clients");
    writeClients(app, ["imap", "pop3"]);
    await use(await stage.gateway(targetsOf(mail), { app }));
  },
  page: async ({ device, gateway }, use) => {
    const page = device.context.pages()[0] ?? (await device.context.newPage());
    await page.goto(gateway.origin);
    await page.waitForFunction(() => "entries" in globalThis);
    await use(page);
  },
});

/** Lines of different lengths, with dots where POP3 stuffs them. */
function letter(number: number, lines: number): string {
  const body = Array.from({ length: lines }, (_, line) => (line % 7 === 0 ? `.${".".repeat(line % 3)}` : `line ${line} of ${number} `.repeat((line % 5) + 1)));
  return ["From: Ada <ada@example.org>", "To: all@example.org", `Subject: Letter ${number}`, "", ...body, ""].join("\r\n");
}

interface Given {
  readonly url: string;
  readonly port: number;
  readonly security: "tls" | "starttls";
  readonly username: string;
  readonly password: string;
}

const given = (mail: MailServer, origin: string, security: "tls" | "starttls"): Given => ({
  url: `${origin.replace("http", "ws")}/tunnel`,
  port: security === "tls" ? mail.ports.pop3s : mail.ports.pop3,
  security,
  username: mail.user.name,
  password: mail.user.password,
});

for (const security of ["tls", "starttls"] as const) {
  test(`Pop3Client with ${security}: each octet of each message, and deletion only by quit`, async ({ page, mail, gateway }) => {
    const letters = [letter(1, 3), letter(2, 4000), letter(3, 0)];
    for (const one of letters) await mail.deliver(one);
    const seen = await page.evaluate(async ({ url, port, username, password, security }) => {
      const { Pop3Client, gateway } = (globalThis as unknown as Inside).entries.pop3;
      const options = { host: "localhost", port, security, transport: gateway(url), auth: { username, password } };
      const pop3 = await Pop3Client.connect(options);
      const list = await pop3.list();
      const hash = async (octets: Uint8Array<ArrayBuffer>): Promise<string> =>
        Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", octets)), (octet) => octet.toString(16).padStart(2, "0")).join("");
      const hashes: string[] = [];
      for await (const { octets } of pop3.messages([1, 2, 3])) hashes.push(await hash(octets));
      const streamed = await hash(new Uint8Array(await new Response((await pop3.download(2)).stream).arrayBuffer()));
      await pop3.delete([1, 3]);
      await pop3.close();
      const again = await Pop3Client.connect(options);
      const kept = (await again.stat()).count;
      await again.delete([1, 3]);
      await again.quit();
      const wasm = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.endsWith(".wasm"));
      return { hashes, streamed, kept, tls: again.tls?.version, uidls: new Set(list.map(({ uidl }) => uidl)).size, wasm: wasm.length, closed: await again.closed };
    }, given(mail, gateway.origin, security));
    const left = await mail.list();
    expect(left).toHaveLength(1);
    expect(seen).toEqual({ hashes: [expect.any(String), left[0]?.sha256, expect.any(String)], streamed: left[0]?.sha256, kept: 3, tls: "TLSv1.3", uidls: 3, wasm: 1, closed: null });
  });
}

for (const security of ["tls", "starttls"] as const) {
  test(`ImapClient with ${security}: rows, octets of a message, and what arrives`, async ({ page, mail, gateway }) => {
    await mail.deliver(letter(1, 4000));
    const options = { ...given(mail, gateway.origin, security), port: security === "tls" ? mail.ports.imaps : mail.ports.imap };
    const seen = await page.evaluate(async ({ url, port, username, password, security }) => {
      const { ImapClient, gateway } = (globalThis as unknown as Inside).entries.imap;
      const imap = await ImapClient.connect({ host: "localhost", port, security, transport: gateway(url), auth: { username, password } });
      await imap.select("INBOX");
      const [row] = await imap.fetch("1:*", { envelope: true, size: true }).all();
      const { stream } = await imap.download(row?.uid ?? 0);
      const digest = await crypto.subtle.digest("SHA-256", await new Response(stream).arrayBuffer());
      const sha256 = Array.from(new Uint8Array(digest), (octet) => octet.toString(16).padStart(2, "0")).join("");
      const arrived = new Promise<string>((resolve) => imap.addEventListener("exists", () => resolve("arrived"), { once: true }));
      const watching = new AbortController();
      const watch = (async () => {
        for await (const event of imap.watch(watching.signal)) if (event.type === "exists") return;
      })();
      Object.assign(globalThis, { arrived: Promise.all([arrived, watch]).then(() => imap.close()) });
      const wasm = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".wasm")).length;
      return { subject: row?.envelope?.subject, sha256, tls: imap.tls?.version, wasm };
    }, options);
    expect(seen).toEqual({ subject: "Letter 1", sha256: (await mail.list())[0]?.sha256, tls: "TLSv1.3", wasm: 1 });
    await mail.deliver(letter(2, 1));
    await page.evaluate(() => (globalThis as unknown as { arrived: Promise<void> }).arrived);
  });
}

test("what the gateway and the server refuse has a code and somebody to blame", async ({ page, mail, gateway }) => {
  const outcomes = await page.evaluate(
    async ({ url, port, username, password, security, ports }) => {
      const { Pop3Client, gateway, MailError } = (globalThis as unknown as Inside).entries.pop3;
      const attempt = async (change: object): Promise<unknown> => {
        try {
          await Pop3Client.connect({ host: "localhost", port, security, transport: gateway(url), auth: { username, password }, ...change });
          return "connected";
        } catch (error) {
          return error instanceof MailError ? [error.code, error.blame] : String(error);
        }
      };
      return {
        password: await attempt({ auth: { username, password: "wrong" } }),
        target: await attempt({ host: "mail.example.org" }),
        port: await attempt({ port: 4 }),
        plaintext: await attempt({ port: ports.pop3, security: "none" }),
        protocol: await attempt({ port: ports.imaps }),
        down: await attempt({ transport: gateway(url.replace(/\d+\/tunnel/, "9/tunnel")) }),
        path: await attempt({ transport: gateway(url.replace("/tunnel", "/elsewhere")) }),
        signal: await Pop3Client.connect({ host: "localhost", port, security, transport: gateway(url), auth: { username, password } }, AbortSignal.abort()).catch((error: unknown) => (error as Error).name),
      };
    },
    { ...given(mail, gateway.origin, "tls"), ports: mail.ports },
  );
  expect(outcomes).toEqual({
    password: ["auth-failed", "user"],
    target: ["target-denied", "gateway"],
    port: ["port-denied", "gateway"],
    plaintext: ["plaintext-denied", "gateway"],
    protocol: ["not-pop3", "server"],
    down: ["gateway-unreachable", "gateway"],
    path: ["gateway-unreachable", "gateway"],
    signal: "AbortError",
  });
  expect(gateway.log).not.toContain(mail.user.password);
});

test("a gateway that dies in the middle settles everything, and the next connection works", async ({ page, mail, gateway }) => {
  await mail.deliver(letter(1, 60_000));
  const options = given(mail, gateway.origin, "tls");
  await page.evaluate(async ({ url, port, username, password, security }) => {
    const { Pop3Client, gateway } = (globalThis as unknown as Inside).entries.pop3;
    const pop3 = await Pop3Client.connect({ host: "localhost", port, security, transport: gateway(url), auth: { username, password } });
    const { stream } = await pop3.download(1);
    const reader = stream.getReader();
    await reader.read();
    const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => "done", (error: { readonly code: string }) => error.code);
    const rest = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    Object.assign(globalThis, { settled: Promise.all([codeOf(pop3.stat()), codeOf(pop3.quit()), pop3.closed.then((error) => error?.code)]), rest: () => codeOf(rest()) });
  }, options);
  await gateway.stop("SIGKILL");
  const settled = await page.evaluate(() => (globalThis as unknown as { settled: Promise<string[]> }).settled);
  expect(settled).toEqual(["connection-lost", expect.stringMatching(/^(?:connection-lost|update-unknown)$/), "connection-lost"]);
  expect(await page.evaluate(() => (globalThis as unknown as { rest(): Promise<string> }).rest())).toBe("connection-lost");
  await gateway.start();
  const count = await page.evaluate(async ({ url, port, username, password, security }) => {
    const { Pop3Client, gateway } = (globalThis as unknown as Inside).entries.pop3;
    const pop3 = await Pop3Client.connect({ host: "localhost", port, security, transport: gateway(url), auth: { username, password } });
    const { count } = await pop3.stat();
    await pop3.quit();
    return count;
  }, options);
  expect(count).toBe(1);
});
