/** The password lives in the Worker's memory only. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { everythingStored, openQuietly } from "../harness/device.ts";
import { compose } from "../harness/mail.ts";
import { findings, findingsInFolder, forms } from "../harness/secrets.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

/** An IMAP server that takes the whole login and answers with what it got, as it came and decoded. */
async function tellTale(): Promise<{ readonly port: number; readonly got: readonly string[]; readonly close: () => void }> {
  const got: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    socket.write("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Ready\r\n");
    let rest = "";
    let tag = "";
    socket.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [first = "", command = "", ...more] = line.split(" ");
        const continues = tag !== "";
        if (!continues) tag = first;
        if (!continues && /^AUTHENTICATE$/i.test(command) && more.length < 2) {
          socket.write("+ \r\n");
          continue;
        }
        if (!continues && !/^(AUTHENTICATE|LOGIN)$/i.test(command)) {
          socket.write(/^CAPABILITY$/i.test(command) ? `* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n${tag} OK Done\r\n` : `${tag} ${/^(LOGOUT|NOOP|ID)$/i.test(command) ? "OK" : "BAD"} Done\r\n`);
          tag = "";
          continue;
        }
        const decoded = Buffer.from(line.split(" ").at(-1) ?? "", "base64").toString("latin1").replaceAll("\0", " ");
        got.push(`${line} ${decoded}`);
        // Octets that no line of text may hold are left out; the secret has none.
        socket.write(Buffer.from(`${tag} NO [AUTHENTICATIONFAILED] ${line} ${decoded.replace(/[^\x20-\x7e]/g, "")}\r\n`, "latin1"));
        tag = "";
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { port, got, close };
}

for (const protocol of ["IMAP", "POP3"] as const) {
  test(`${protocol}: the password is in no storage, no cache, no log and no file of the profile`, async ({ app, device, gateway, mail }) => {
    const { password } = mail.user;
    await mail.deliver(compose({ subject: "Ordinary" }));
    await app.open();
    await app.signIn(accountOn(mail, protocol));
    await app.openMessage("Ordinary");
    await app.workerReady();
    expect(findings(await everythingStored(app.page), password), "after signing in").toEqual([]);

    await app.reload();
    await expect(app.row("Ordinary"), "the stored mail shows").toBeVisible();
    await app.giveAgain(password);
    await app.expectOnline();
    const stored = await everythingStored(app.page);
    expect(findings(stored, password), "after signing in again").toEqual([]);
    expect(stored, "the search sees what the app stores").toContain("Ordinary");

    const page = await device.context.newPage();
    await openQuietly(page, gateway.origin);
    await page.evaluate(() => localStorage.setItem("planted", "planted-for-the-control"));
    await device.context.close();
    expect(findingsInFolder(device.profile, "planted-for-the-control"), "the search sees the profile's files").not.toEqual([]);
    expect(findingsInFolder(device.profile, password), "files of the profile").toEqual([]);
    await gateway.stop();
    expect(gateway.log, "the log tells of the tunnel").toContain("localhost");
    for (const [where, text] of [["gateway", gateway.log], ["mail server", await mail.log()], ["console", device.console.join("\n")]] as const) {
      expect(findings(text, password), where).toEqual([]);
    }
  });
}

test("a server that answers with the password it got does not make the app or the gateway repeat it", async ({ stage }) => {
  const password = "Tell-Tale_9qXw7Zk3";
  const server = await tellTale();
  try {
    const gateway = await stage.gateway([{ host: "localhost", ports: [server.port], tls: ["none"] }]);
    const device = await stage.device();
    const app = new App(await device.context.newPage(), gateway.origin);
    await app.open();
    await app.fillSignIn({ protocol: "IMAP", host: "localhost", port: server.port, security: "none", user: { name: "alice@example.org", password } });
    await expect(app.alert).toContainText(/password/i, { timeout: 30_000 });
    expect(findings(server.got.join("\n"), password), "control: the server got it and said it").toContain("plain");
    const seen = await app.page.evaluate(() => `${document.title}\n${document.documentElement.innerText}\n${document.documentElement.outerHTML}`);
    expect(seen, "control: the page tells of the refusal").toContain("password");
    const stored = await everythingStored(app.page);
    await gateway.stop();
    expect(gateway.log, "the log tells of the tunnel").toContain("localhost");
    for (const [where, text] of [["page", seen], ["stores", stored], ["console", [...device.console, ...device.errors].join("\n")], ["gateway", gateway.log]] as const) {
      expect(findings(text, password), where).toEqual([]);
    }
  } finally {
    server.close();
  }
});

test("control: a planted secret is found in each form and each storage", async ({ app, mail }) => {
  const { password } = mail.user;
  await app.open();
  await app.page.evaluate(
    async ({ password, forms }) => {
      sessionStorage.setItem("planted", password);
      await new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("planted", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("texts");
        opening.onerror = () => reject(opening.error ?? new Error("no database"));
        opening.onsuccess = () => {
          const transaction = opening.result.transaction("texts", "readwrite");
          forms.forEach((octets, index) => transaction.objectStore("texts").put({ deep: [new Uint8Array(octets)] }, index));
          transaction.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      });
      await (await caches.open("planted")).put("/planted", new Response(password));
    },
    { password, forms: forms(password).map(({ octets }) => [...octets]) },
  );
  const all = await everythingStored(app.page);
  expect(findings(all, password)).toEqual(forms(password).map(({ form }) => form));
  for (const [index, form] of forms(password).entries()) expect(findings(Buffer.concat([Buffer.alloc(index), form.octets, Buffer.from("tail")]), password)).toContain(form.form);
  const encoded = Buffer.from(`\0alice\0${password}`).toString("base64");
  expect(findings(encoded, password).length, "inside an AUTHENTICATE PLAIN").toBeGreaterThan(0);
});
