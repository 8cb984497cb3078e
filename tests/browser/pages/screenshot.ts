/** Makes the pictures of docs/images/: the app with the sample mailbox and an open message, light and dark. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../harness/programs.ts";
import { expect, targetsOf, test } from "../harness/stage.ts";
import { accountOn, App } from "./app.ts";

/** A message of the sample mailbox that shows styled HTML. */
const subject = process.env["SCREENSHOT_SUBJECT"] ?? "The Lantern, no. 41: the lamp turns again";

for (const colorScheme of ["light", "dark"] as const) {
  test(colorScheme, async ({ stage }) => {
    const mail = await stage.server("sample");
    const gateway = await stage.gateway(targetsOf(mail));
    const { context } = await stage.device({ colorScheme, size: { width: 1440, height: 900 } });
    const app = new App(await context.newPage(), gateway.origin);
    await app.open();
    await app.signIn(accountOn(mail, "IMAP"));
    await app.expectOnline();
    await app.openMessage(subject);
    await expect(app.frame.locator("body")).toContainText(/\w/);
    const folder = join(root, "docs/images");
    mkdirSync(folder, { recursive: true });
    await app.page.mouse.move(0, 0);
    await app.page.screenshot({ path: join(folder, `app-${colorScheme}.png`), animations: "disabled" });
  });
}
