/** Folders on this device: made, nested, renamed, moved and deleted, with their mail. No server has them, so none is needed. */
import { compose } from "../harness/mail.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn, type App } from "../pages/app.ts";

const form = (app: App, name: string) => app.page.getByRole("dialog", { name });

async function make(app: App, name: string, inside?: string): Promise<void> {
  await app.folders.getByRole("button", { name: /^New folder/ }).click();
  const dialog = form(app, "New folder");
  await dialog.getByLabel("Name").fill(name);
  if (inside !== undefined) await dialog.getByLabel("Inside").selectOption({ label: inside });
  await dialog.getByRole("button", { name: "Make folder" }).click();
}

async function change(app: App, name: string): Promise<void> {
  await app.folder(name).hover();
  await app.folders.getByRole("button", { name: `Change folder ${name}`, exact: true }).click();
}

test("folders are made, nested, renamed and deleted offline; their messages go to the trash", async ({ app, mail, gateway }) => {
  await mail.deliver(compose({ subject: "Plans" }));
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  await expect(app.row("Plans")).toHaveCount(1);
  await app.workerReady();
  await gateway.stop();
  await mail.stop();
  await app.reload();

  await make(app, "Work");
  await expect(app.folder("Work")).toBeVisible();
  await make(app, "Harbour", "Work");
  await expect(app.folder("Harbour")).toBeVisible();

  await app.tick("Plans");
  await app.selected.getByRole("button", { name: "Move to folder" }).click();
  await app.page.getByRole("dialog").getByRole("button", { name: "Harbour" }).click();
  await expect(app.note).toContainText("1 message moved to Work/Harbour");
  await app.showFolder("Harbour");
  await expect(app.row("Plans")).toHaveCount(1);

  await change(app, "Work");
  await form(app, "Change Work").getByLabel("Name").fill("Job");
  await app.page.keyboard.press("Enter");
  await expect(app.folder("Job")).toBeVisible();
  await change(app, "Harbour");
  await form(app, "Change Harbour").getByLabel("Inside").selectOption({ label: "no other folder" });
  await form(app, "Change Harbour").getByRole("button", { name: "Save" }).click();
  await expect(app.note).toContainText("Folder Harbour changed");
  await app.reload();
  await app.showFolder("Harbour");
  await expect(app.row("Plans"), "its mail went along").toHaveCount(1);

  await change(app, "Harbour");
  await expect(form(app, "Change Harbour")).toContainText("1 message goes to the trash.");
  await form(app, "Change Harbour").getByRole("button", { name: "Delete folder" }).click();
  await expect(app.folder("Harbour")).toHaveCount(0);
  await expect(app.page.getByRole("heading", { name: "Inbox" }), "the folder that was shown is gone").toBeVisible();
  await app.showFolder("Trash");
  await expect(app.row("Plans")).toHaveCount(1);
});

test("a name that can't be is refused at its field, and what was written stays", async ({ app, mail }) => {
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  await make(app, "Work");
  await expect(app.folder("Work")).toBeVisible();
  for (const [name, why] of [["work", "there is a mailbox of this name"], ["a/b", "a slash"], [" ", "is empty"]] as const) {
    await make(app, name);
    const field = form(app, "New folder").getByLabel("Name");
    await expect(field).toHaveAccessibleDescription(new RegExp(why));
    await expect(field).toHaveValue(name);
    await expect(field).toBeFocused();
    await app.page.keyboard.press("Escape");
    await expect(form(app, "New folder")).toBeHidden();
  }
});

test("folders of an IMAP account are its server's: nothing is offered that would be refused", async ({ app, mail }) => {
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await expect(app.folder("Inbox")).toBeVisible();
  await expect(app.folders.getByRole("button", { name: /New folder|Change folder/ })).toHaveCount(0);
});
