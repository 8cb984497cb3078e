/** The password lives in the Worker's memory only. */
import { everythingStored, openQuietly } from "../harness/device.ts";
import { compose } from "../harness/mail.ts";
import { findings, findingsInFolder, forms } from "../harness/secrets.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn } from "../pages/app.ts";

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
