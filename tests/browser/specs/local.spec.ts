/** Mail that lives on this device is put into order: moved, copied, thrown away and brought back, with a connection and without. */
import { storedMessages } from "../harness/device.ts";
import type { Gateway } from "../harness/gateway.ts";
import { compose } from "../harness/mail.ts";
import type { MailServer } from "../harness/mail-server.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

const letters = ["Apples", "Bread", "Cheese", "Dates"] as const;

/** A POP3 account whose mail is all here. */
async function filled(app: App, mail: MailServer, subjects: readonly string[] = letters): Promise<void> {
  for (const subject of subjects) await mail.deliver(compose({ subject }));
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  for (const subject of subjects) await expect(app.row(subject)).toHaveCount(1);
  await expect.poll(async () => (await storedMessages(app.page)).filter(({ noted }) => noted !== null).length).toBe(subjects.length);
}

/** Nothing answers any more, and the page knows only what is stored. */
async function cutOff(app: App, mail: MailServer, gateway: Gateway): Promise<void> {
  await app.workerReady();
  await gateway.stop();
  await mail.stop();
  await app.reload();
}

test("messages are ticked, archived and put back, also without a connection", async ({ app, mail, gateway }) => {
  await filled(app, mail);
  await cutOff(app, mail, gateway);
  await app.tick("Apples", "Cheese");
  await expect(app.selected).toContainText("2 selected");
  await app.selected.getByRole("button", { name: "Archive" }).click();
  await expect(app.note).toContainText("2 messages archived");
  await expect.poll(() => app.subjects()).toEqual(["Dates", "Bread"]);
  await app.undo();
  await expect(app.note).toContainText("2 messages put back");
  await expect(app.messages.getByRole("row").and(app.page.locator(":focus")), "the focus is in the list").toHaveCount(1);
  await expect.poll(async () => [...(await app.subjects())].sort()).toEqual([...letters]);

  // What was done is in the store, not only on the page.
  await app.tick("Bread");
  await app.selected.getByRole("button", { name: "Archive" }).click();
  await expect(app.row("Bread")).toHaveCount(0);
  await app.reload();
  await expect(app.rows).toHaveCount(3);
  await app.showFolder("Archive");
  await expect.poll(() => app.subjects()).toEqual(["Bread"]);
  await app.openMessage("Bread");
  await expect(app.message).toContainText("Text of Bread.");
});

test("the trash: there and back by keys, restored to where it was, and emptied for good after asking", async ({ app, mail }) => {
  await filled(app, mail);
  await app.row("Dates").focus();
  await app.page.keyboard.press("x");
  await app.page.keyboard.press("Shift+ArrowDown");
  await expect(app.selected).toContainText("2 selected");
  await app.page.keyboard.press("Delete");
  await expect(app.note).toContainText("2 messages moved to the trash");
  await expect(app.rows.first(), "the focus is on the next message").toBeFocused();
  await app.page.keyboard.press("Control+z");
  await expect(app.rows).toHaveCount(4);

  await app.openMessage("Apples");
  await app.message.getByRole("button", { name: "Mark as junk" }).click();
  await app.showFolder("Junk");
  await app.tick("Apples");
  await app.selected.getByRole("button", { name: "Delete" }).click();
  await app.showFolder("Trash");
  await app.tick("Apples");
  await app.selected.getByRole("button", { name: "Restore" }).click();
  await expect(app.note).toContainText("1 message restored");
  await app.showFolder("Junk");
  await expect(app.row("Apples"), "restored to where it was").toHaveCount(1);

  const question = app.page.getByRole("dialog", { name: "Empty Junk?" });
  await app.page.getByRole("button", { name: "Empty Junk" }).click();
  await expect(question).toContainText("One message goes from this device and can't be brought back.");
  await expect(question, "the server still has it").toContainText("the server still has 4 messages");
  await question.getByRole("button", { name: "Keep" }).click();
  await expect(app.row("Apples")).toHaveCount(1);
  await app.page.getByRole("button", { name: "Empty Junk" }).click();
  await question.getByRole("button", { name: "Delete 1 message" }).click();
  await expect(app.rows).toHaveCount(0);
  await expect.poll(async () => (await storedMessages(app.page)).map(({ subject }) => subject).sort()).toEqual(["Bread", "Cheese", "Dates"]);
});

test("before the only copies go it is said that they are", async ({ app, mail }) => {
  await mail.deliver(compose({ subject: "Only here" }));
  await app.open();
  await app.signIn(accountOn(mail, "POP3", { afterDownload: "Delete from the server" }));
  await expect.poll(async () => (await mail.list()).length, { timeout: 30_000 }).toBe(0);
  await app.tick("Only here");
  await app.selected.getByRole("button", { name: "Delete" }).click();
  await app.showFolder("Trash");
  await app.tick("Only here");
  await app.selected.getByRole("button", { name: "Delete for good" }).click();
  const question = app.page.getByRole("dialog", { name: "Delete 1 message for good?" });
  await expect(question).toContainText("It is the only copy");
  await app.page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(app.row("Only here")).toHaveCount(1);
});

test("messages are moved and copied into a folder that is chosen by keys", async ({ app, mail }) => {
  await filled(app, mail);
  const choice = app.page.getByRole("dialog", { name: /messages? to$/ });
  await app.row("Cheese").focus();
  await app.page.keyboard.press("v");
  await expect(choice).toContainText("Move 1 message to");
  await choice.getByRole("button", { name: "Drafts" }).focus();
  await app.page.keyboard.press("ArrowDown");
  await app.page.keyboard.press("Enter");
  await expect(app.note).toContainText("1 message moved to Sent");
  await app.undo();
  await expect(app.row("Cheese")).toHaveCount(1);

  await app.openMessage("Bread");
  await app.message.getByRole("button", { name: "Move to folder" }).click();
  await choice.getByRole("checkbox").check();
  await choice.getByRole("button", { name: "Archive" }).click();
  await expect(app.note).toContainText("1 message copied to Archive");
  await expect(app.row("Bread")).toHaveCount(1);
  await app.showFolder("Archive");
  await app.openMessage("Bread");
  await expect(app.message).toContainText("Text of Bread.");
});

test("what can be done is seen whole at every width", async ({ app, mail }) => {
  await filled(app, mail);
  await app.tick("Apples");
  for (const width of [1440, 1180, 1100, 1080, 900, 740, 360]) {
    await app.page.setViewportSize({ width, height: 800 });
    const cut = await app.selected.getByRole("button").evaluateAll((buttons) => {
      const end = document.querySelector(".list")?.getBoundingClientRect().right ?? 0;
      return buttons.filter((button) => button.getBoundingClientRect().right > end).map((button) => button.getAttribute("aria-label"));
    });
    expect(cut, `at ${width}`).toEqual([]);
  }
});

test("an IMAP account is offered marks for what is ticked, and no move that would be refused", async ({ app, mail }) => {
  for (const subject of letters) await mail.deliver(compose({ subject }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.tick("Apples", "Dates");
  await expect.poll(() => app.selected.getByRole("button").evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label") ?? button.textContent))).toEqual(["Clear the selection", "Select all", "Mark as read", "Star"]);
  await app.selected.getByRole("button", { name: "Star" }).click();
  await expect.poll(async () => (await mail.list()).filter(({ flags }) => flags.includes("\\Flagged")).length).toBe(2);
  await app.selected.getByRole("button", { name: "Mark as read" }).click();
  await expect.poll(async () => (await mail.list()).filter(({ flags }) => flags.includes("\\Seen")).length).toBe(2);
  await app.openMessage("Bread");
  await expect(app.message.getByRole("button", { name: "Delete" })).toHaveCount(0);
});

test("on a phone messages are ticked with a finger, and nothing is wider than the screen", async ({ stage, mail, gateway }) => {
  const { context } = await stage.device({ size: { width: 360, height: 740 } });
  const app = new App(await context.newPage(), gateway.origin);
  await mail.deliver(compose({ subject: "Apples" }));
  await mail.deliver(compose({ subject: "Bread" }));
  await app.open();
  await app.fillSignIn(accountOn(mail, "POP3"));
  await expect(app.rows).toHaveCount(2, { timeout: 30_000 });
  // The gutter is the place of the tick, all of it.
  await app.row("Apples").click({ position: { x: 12, y: 12 } });
  await app.row("Bread").click({ position: { x: 30, y: 60 } });
  await expect(app.selected).toContainText("2 selected");
  await app.row("Bread").click({ position: { x: 30, y: 60 } });
  await expect(app.selected).toContainText("1 selected");
  const isWide = (): Promise<boolean> => app.page.evaluate(() => [...document.querySelectorAll(".sub *, .contents > .head *")].some((part) => part.getBoundingClientRect().right > innerWidth));
  expect(await isWide()).toBe(false);
  await app.selected.getByRole("button", { name: "Clear the selection" }).click();
  await app.openMessage("Apples");
  await expect.poll(isWide).toBe(false);
  await app.message.getByRole("button", { name: "Delete" }).click();
  await expect(app.row("Apples")).toHaveCount(0);
  await expect(app.message).toBeHidden();
  await app.undo();
  await expect(app.row("Apples")).toHaveCount(1);
});
