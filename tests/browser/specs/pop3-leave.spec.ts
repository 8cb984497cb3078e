/** POP3 with "leave on the server": everything is on the device, nothing changes on the server. */
import { compose } from "../harness/mail.ts";
import { storedMessages } from "../harness/device.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn } from "../pages/app.ts";

test("everything is readable with gateway and server gone, and the server keeps it", async ({ app, mail, gateway }) => {
  const subjects = Array.from({ length: 12 }, (_, index) => `Letter ${String(index + 1).padStart(2, "0")}`);
  for (const [index, subject] of subjects.entries()) {
    await mail.deliver(compose({ subject, text: `This is what letter ${index + 1} says.`, ...(index % 4 === 0 ? { html: `<p style="color: rgb(1, 2, 3)">This is what letter ${index + 1} says.</p>` } : {}) }));
  }
  const before = await mail.list();
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  for (const subject of subjects) await expect(app.row(subject)).toHaveCount(1);
  await expect.poll(async () => (await storedMessages(app.page)).filter(({ noted }) => noted !== null).length).toBe(subjects.length);
  await app.workerReady();

  await gateway.stop();
  await mail.stop();
  await app.reload();
  for (const subject of subjects) await expect(app.row(subject)).toHaveCount(1);
  for (const [index, subject] of subjects.entries()) {
    await app.openMessage(subject);
    const says = `This is what letter ${index + 1} says.`;
    await (index % 4 === 0 ? expect(app.frame.locator("body")).toContainText(says) : expect(app.message).toContainText(says));
  }

  await mail.start();
  const after = await mail.list();
  expect(after.map(({ sha256 }) => sha256).sort()).toEqual(before.map(({ sha256 }) => sha256).sort());
});

test("what came before is not downloaded again after a reload", async ({ app, mail }) => {
  await mail.deliver(compose({ subject: "Once only" }));
  await app.open();
  await app.signIn(accountOn(mail, "POP3", { port: mail.ports.pop3, security: "starttls" }));
  await expect(app.row("Once only")).toHaveCount(1);
  await app.reload();
  await mail.deliver(compose({ subject: "Came later" }));
  await app.giveAgain(mail.user.password);
  await expect(app.row("Came later")).toHaveCount(1, { timeout: 30_000 });
  await expect(app.row("Once only")).toHaveCount(1);
  expect((await storedMessages(app.page)).map(({ subject }) => subject).sort()).toEqual(["Came later", "Once only"]);
});
