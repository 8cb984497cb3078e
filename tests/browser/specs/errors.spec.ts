/** What can go wrong on the way: each fault has its own sentence, which names who is to blame and what to do. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { freePort } from "../harness/child.ts";
import { expect, targetsOf, test } from "../harness/stage.ts";
import { type Account, accountOn, App } from "../pages/app.ts";

test("five faults give five different sentences that say what to do", async ({ stage, mail }) => {
  const nobody = await freePort();
  const gateway = await stage.gateway([
    ...targetsOf(mail),
    { host: "localhost", ports: [nobody], tls: ["implicit"] },
    // The same server, reached by a rule that does not know its CA.
    { host: "127.0.0.1", ports: [mail.ports.imaps], tls: ["implicit"] },
  ]);
  const { context } = await stage.device();
  const app = new App(await context.newPage(), gateway.origin);
  const good = accountOn(mail, "IMAP");
  const sentences = new Map<string, string>();
  const fail = async (fault: string, account: Account, names: RegExp): Promise<void> => {
    await app.open();
    await app.fillSignIn(account);
    await expect(app.alert).toContainText(names, { timeout: 30_000 });
    sentences.set(fault, (await app.alert.innerText()).replace(/\s+/g, " ").trim());
    await expect(app.folders, fault).toHaveCount(0);
  };

  await fail("wrong password", { ...good, user: { ...good.user, password: "not the password" } }, /password/i);
  await fail("unreachable host", { ...good, port: nobody }, /localhost/i);
  await fail("untrusted certificate", { ...good, host: "127.0.0.1" }, /certificate/i);
  await fail("denied target", { ...good, host: "mail.denied.example" }, /gateway/i);
  await app.open();
  await gateway.stop();
  await app.fillSignIn(good);
  await expect(app.alert).toContainText(/gateway/i, { timeout: 30_000 });
  sentences.set("gateway down", (await app.alert.innerText()).replace(/\s+/g, " ").trim());

  const texts = [...sentences.values()];
  expect(new Set(texts).size, texts.join("\n")).toBe(5);
  for (const [fault, text] of sentences) {
    expect(text, fault).not.toContain("not the password");
    expect(text, fault).not.toContain(good.user.password);
    // An advice is a sentence of its own with a verb that a person can follow.
    expect(text, fault).toMatch(/\b(check|ask|try|start|choose|use|wait|correct|contact|sign in)\b/i);
  }

  await gateway.start();
  await app.signInButton.click();
  await expect(app.folders, "after the fault is mended the same form signs in").toBeVisible({ timeout: 30_000 });
});

test("a server that accepts and stays silent is named within its time", async ({ stage, mail }) => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  try {
    const gateway = await stage.gateway([{ host: "localhost", ports: [port], tls: ["implicit"] }], { limits: { tls_seconds: 2 } });
    const { context } = await stage.device();
    const app = new App(await context.newPage(), gateway.origin);
    await app.open();
    await app.fillSignIn({ ...accountOn(mail, "IMAP"), port });
    await expect(app.alert).toContainText("localhost", { timeout: 30_000 });
  } finally {
    silent.close();
  }
});
