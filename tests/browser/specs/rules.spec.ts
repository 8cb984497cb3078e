/** Rules for new mail: written as a person does, stored without a connection, and carried out by what comes afterwards. */
import type { Locator } from "@playwright/test";
import { compose } from "../harness/mail.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn, type App } from "../pages/app.ts";

const rules = (app: App): Locator => app.page.getByRole("region", { name: "Rules for new mail" });
const editor = (app: App): Locator => rules(app).getByRole("form");
const listed = (app: App): Locator => rules(app).getByRole("list", { name: "Rules" }).getByRole("listitem");

interface Wanted {
  readonly when: string;
  readonly says: string;
  readonly then: "leave it in the inbox" | "move it to" | "put it into the trash";
  readonly folder?: string;
  readonly marks?: readonly string[];
}

async function add(app: App, { when, says, then, folder, marks = [] }: Wanted): Promise<void> {
  await rules(app).getByRole("button", { name: "Add a rule" }).click();
  await editor(app).getByLabel("Condition 1", { exact: true }).selectOption({ label: when });
  await editor(app).getByRole("textbox", { name: when }).fill(says);
  await editor(app).getByRole("radio", { name: then }).check();
  if (folder !== undefined) await editor(app).getByLabel("Folder").selectOption({ label: folder });
  for (const mark of marks) await editor(app).getByRole("checkbox", { name: mark }).check();
  await editor(app).getByRole("button", { name: "Save rule" }).click();
  await expect(editor(app)).toHaveCount(0);
}

test("rules written offline are carried out by the mail that comes when the line is back", async ({ app, mail, gateway }) => {
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  await app.expectOnline();
  await app.workerReady();
  await gateway.stop();
  await app.openAccount();
  await add(app, { when: "Subject contains", says: "TIMETABLE", then: "move it to", folder: "Archive", marks: ["star it"] });
  await add(app, { when: "Sender contains", says: "shop@", then: "put it into the trash" });
  await add(app, { when: "Larger than, in MiB", says: "0,05", then: "leave it in the inbox", marks: ["mark it as read"] });
  await expect(listed(app).nth(0)).toContainText("If the subject contains “TIMETABLE”: star it and move it to Archive.");
  await expect(listed(app).nth(2)).toContainText("If it is larger than 0.05 MiB: mark it as read.");
  await app.reload();
  await app.openAccount();
  await expect(listed(app), "they are stored").toHaveCount(3);
  await app.closeAccount();

  await gateway.start();
  await mail.deliver(compose({ subject: "Winter timetable" }));
  await mail.deliver(compose({ subject: "Great offers" }).replace("ada@example.org", "shop@example.org"));
  await mail.deliver(compose({ subject: "Heavy", weight: 90_000 }));
  await mail.deliver(compose({ subject: "Plain" }));
  await app.giveAgain(mail.user.password);
  await expect.poll(() => app.subjects(), { timeout: 30_000 }).toEqual(["Plain", "Heavy"]);
  await expect(app.unreadRow("Plain")).toHaveCount(1);
  await expect(app.unreadRow("Heavy")).toHaveCount(0);
  await app.showFolder("Archive");
  await expect(app.messages.getByRole("row", { name: /Starred/ }).filter({ hasText: "Winter timetable" })).toHaveCount(1);
  await app.showFolder("Trash");
  await expect.poll(() => app.subjects()).toEqual(["Great offers"]);
  expect((await mail.list()).length, "nothing of it left the server").toBe(4);
});

test("rules are put into order, edited, deleted and brought back by keys", async ({ app, mail }) => {
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  await app.openAccount();
  await add(app, { when: "Sender contains", says: "first", then: "put it into the trash" });
  await add(app, { when: "Mailing list contains", says: "second", then: "put it into the trash" });
  await rules(app).getByRole("button", { name: "Move rule 2 up" }).press("Enter");
  await expect(listed(app).nth(0)).toContainText("second");
  await expect(rules(app).getByRole("status", { name: "Rules" })).toHaveText("Now rule 1 of 2.");

  await rules(app).getByRole("button", { name: "Edit rule 2" }).press("Enter");
  await expect(editor(app).getByLabel("Name, if it should have one"), "the focus is in the form").toBeFocused();
  await app.page.keyboard.type("Shop");
  await editor(app).getByRole("button", { name: "Add a condition" }).press("Enter");
  await app.page.keyboard.type("sale");
  await app.page.keyboard.press("Enter");
  await expect(listed(app).nth(1)).toContainText("Shop");
  await expect(listed(app).nth(1)).toContainText("If the sender contains “first” and the subject contains “sale”: put it into the trash.");
  await expect(rules(app).getByRole("button", { name: "Edit Shop" }), "the focus is where it was").toBeFocused();

  await rules(app).getByRole("button", { name: "Delete Shop" }).press("Enter");
  await expect(listed(app)).toHaveCount(1);
  await rules(app).getByRole("button", { name: "Undo" }).press("Enter");
  await expect(listed(app)).toHaveCount(2);
});

test("what is wrong with a rule is said at its field, and a folder that goes takes along the rules that only move mail there", async ({ app, mail }) => {
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  await app.folders.getByRole("button", { name: /^New folder/ }).click();
  await app.page.getByLabel("Name").fill("Ferry");
  await app.page.keyboard.press("Enter");
  await expect(app.folder("Ferry")).toBeVisible();
  await app.openAccount();
  await rules(app).getByRole("button", { name: "Add a rule" }).click();
  await editor(app).getByRole("button", { name: "Save rule" }).click();
  const text = editor(app).getByRole("textbox", { name: "Sender contains" });
  await expect(text).toBeFocused();
  await expect(text).toHaveAccessibleDescription(/Empty, it would hold for every message/);
  await expect(editor(app).getByLabel("Folder")).toHaveAccessibleDescription("Choose a folder.");
  await text.fill("ferry@");
  await editor(app).getByLabel("Folder").selectOption({ label: "Ferry" });
  await editor(app).getByRole("button", { name: "Save rule" }).click();
  await expect(listed(app)).toContainText("move it to Ferry");
  await add(app, { when: "Subject contains", says: "timetable", then: "move it to", folder: "Ferry", marks: ["star it"] });
  await expect(listed(app)).toHaveCount(2);

  await app.closeAccount();
  await app.folder("Ferry").hover();
  await app.folders.getByRole("button", { name: "Change folder Ferry" }).click();
  await expect(app.page.getByRole("dialog")).toContainText("2 rules move mail here; that mail will stay in the inbox. A rule that does nothing else goes.");
  await app.page.getByRole("button", { name: "Delete folder" }).click();
  await expect(app.folder("Ferry")).toHaveCount(0);
  await app.openAccount();
  await expect(listed(app)).toHaveCount(1);
  await expect(listed(app)).toContainText("If the subject contains “timetable”: star it.");
  await add(app, { when: "Recipient contains", says: "team@", then: "put it into the trash" });
  await expect(listed(app)).toHaveCount(2);
  await expect(listed(app).nth(1)).toContainText("put it into the trash");
});

test("an IMAP account is offered no rules: its server sorts its mail", async ({ app, mail }) => {
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.page.getByRole("button", { name: "Account and settings" }).click();
  await app.page.getByRole("button", { name: "Storage" }).click();
  await expect(app.page.getByRole("heading", { name: "Room on this device" })).toBeVisible();
  await expect(rules(app)).toHaveCount(0);
});

test("on a phone the editor is no wider than the screen", async ({ app, mail }) => {
  await app.page.setViewportSize({ width: 360, height: 740 });
  await app.open();
  await app.fillSignIn(accountOn(mail, "POP3"));
  await app.page.getByRole("button", { name: "Folders" }).click();
  await app.openAccount();
  await rules(app).getByRole("button", { name: "Add a rule" }).click();
  await expect(editor(app)).toBeVisible();
  expect(await app.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});
