/** Two tabs, one engine: the tabs share what is stored, one of them connects. */
import { compose } from "../harness/mail.ts";
import { expect, plainTargets, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

test("two tabs share one engine, and the second takes over when the first is closed", async ({ stage, mail }) => {
  await mail.deliver(compose({ subject: "Shared" }));
  const relay = await stage.relay(mail.ports.imap);
  const gateway = await stage.gateway(plainTargets(relay));
  const { context } = await stage.device();
  const first = new App(await context.newPage(), gateway.origin);
  await first.open();
  await first.signIn(accountOn(mail, "IMAP", { port: relay.port, security: "none" }));
  await expect(first.row("Shared")).toBeVisible();
  await first.expectOnline();
  const connections = relay.connections;
  const open = relay.current;

  const second = new App(await context.newPage(), gateway.origin);
  await second.open();
  await expect(second.row("Shared")).toBeVisible();
  await second.expectOnline();
  await mail.deliver(compose({ subject: "Seen by both" }));
  await expect(first.row("Seen by both")).toBeVisible();
  await expect(second.row("Seen by both")).toBeVisible();
  await second.openMessage("Shared");
  await second.star();
  await expect.poll(async () => (await mail.list())[0]?.flags).toContain("\\Flagged");
  expect(relay.connections, "no connection was opened for the second tab").toBe(connections);
  expect(relay.current).toBe(open);

  await first.page.close();
  await expect.poll(() => relay.current, "the closed tab's connection ends").toBe(0);
  // The password was in the closed tab's Worker and nowhere else, so the other tab asks for it.
  await second.giveAgain(mail.user.password);
  await second.expectOnline();
  await mail.deliver(compose({ subject: "After the handover" }));
  await expect(second.row("After the handover")).toBeVisible();
  await expect(second.row("Shared")).toHaveCount(1);
  expect(relay.current).toBe(open);
});
