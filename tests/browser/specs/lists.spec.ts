/** The order of a list and what it leaves out, for mail that lives here and for mail of a server, with a connection and without. */
import { compose } from "../harness/mail.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn, type App } from "../pages/app.ts";

const options = (app: App) => app.page.getByRole("group", { name: "Order and filter" });

async function arrange(app: App, choice: { readonly order?: string; readonly show?: string }): Promise<void> {
  await app.page.getByRole("button", { name: "Order and filter" }).click();
  if (choice.show !== undefined) await options(app).getByRole("radio", { name: choice.show }).check();
  if (choice.order !== undefined) await options(app).getByLabel("Order", { exact: true }).selectOption({ label: choice.order });
  await app.page.keyboard.press("Escape");
  await expect(options(app)).toBeHidden();
}

/** Three messages: by date, subject, sender and size each in another order. */
async function deliver(app: App, mail: Parameters<typeof accountOn>[0], protocol: "IMAP" | "POP3"): Promise<void> {
  const written = [
    { subject: "Cedar", from: "Bela", weight: 3000 },
    { subject: "Ash", from: "Carl", weight: 90_000 },
    { subject: "Birch", from: "Anna", weight: 30_000 },
  ];
  for (const { subject, from, weight } of written) await mail.deliver(compose({ subject, weight }).replace("Ada Example", from));
  await app.open();
  await app.signIn(accountOn(mail, protocol));
  await expect(app.rows).toHaveCount(3);
}

for (const protocol of ["POP3", "IMAP"] as const) {
  test(`${protocol}: each folder keeps its order, over a reload and without a connection`, async ({ app, mail, gateway }) => {
    await deliver(app, mail, protocol);
    await expect.poll(() => app.subjects()).toEqual(["Birch", "Ash", "Cedar"]);
    await arrange(app, { order: "Subject, A to Z" });
    await expect.poll(() => app.subjects()).toEqual(["Ash", "Birch", "Cedar"]);
    await app.workerReady();
    await gateway.stop();
    await mail.stop();
    await app.reload();
    await expect.poll(() => app.subjects()).toEqual(["Ash", "Birch", "Cedar"]);
    for (const [order, subjects] of [
      ["Sender, A to Z", ["Birch", "Cedar", "Ash"]],
      ["Sender, Z to A", ["Ash", "Cedar", "Birch"]],
      ["Largest first", ["Ash", "Birch", "Cedar"]],
      ["Smallest first", ["Cedar", "Birch", "Ash"]],
      ["Oldest first", ["Cedar", "Ash", "Birch"]],
    ] as const) {
      await arrange(app, { order });
      await expect.poll(() => app.subjects(), order).toEqual(subjects);
    }
    await expect(app.page.getByRole("region", { name: "Message list" })).toContainText("Oldest first · 3 unread of 3");
  });
}

test("only unread, only starred: what is read stays until it is closed, and the rest is not moved with it", async ({ app, mail }) => {
  await deliver(app, mail, "POP3");
  await app.openMessage("Ash");
  await app.star();
  await app.page.keyboard.press("Escape");
  await arrange(app, { show: "Unread only" });
  await expect.poll(() => app.subjects()).toEqual(["Birch", "Cedar"]);
  await app.openMessage("Cedar");
  await expect(app.unreadRow("Cedar")).toHaveCount(0);
  await expect.poll(() => app.subjects(), "it stays while it is open").toEqual(["Birch", "Cedar"]);
  await app.page.keyboard.press("Escape");
  await expect.poll(() => app.subjects()).toEqual(["Birch"]);

  // All of the list is less than all of the folder.
  await app.row("Birch").focus();
  await app.page.keyboard.press("Control+a");
  await expect(app.selected).toContainText("1 selected");
  await app.page.keyboard.press("e");
  await expect(app.note).toContainText("1 message archived");
  await expect(app.page.getByRole("heading", { name: "No unread messages" })).toBeVisible();
  await app.page.getByRole("button", { name: "Show all messages" }).click();
  await expect.poll(() => app.subjects()).toEqual(["Ash", "Cedar"]);
  await arrange(app, { show: "Starred only" });
  await expect.poll(() => app.subjects()).toEqual(["Ash"]);
  await app.showFolder("Archive");
  await expect.poll(() => app.subjects(), "another folder stands as it did").toEqual(["Birch"]);
});

test("of an IMAP folder in another order, older messages are fetched when that is asked for", async ({ app, mail }) => {
  const all = 350;
  await mail.fill(all);
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await expect(app.rows.first()).toBeVisible();
  await arrange(app, { order: "Sender, A to Z" });
  /** The number of the last row that is there. */
  const last = async (): Promise<number> => {
    await app.rows.first().focus();
    await app.page.keyboard.press("End");
    return Math.max(...(await app.rows.evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("aria-rowindex"))))));
  };
  const fetchOlder = app.page.getByRole("button", { name: "Fetch older messages" });
  await expect(async () => {
    await last();
    await expect(fetchOlder).toBeVisible({ timeout: 1000 });
  }).toPass();
  expect(await last(), "control: the server has more").toBeLessThan(all);
  await expect(async () => {
    if ((await last()) < all) await fetchOlder.click({ timeout: 1000 });
    expect(await last()).toBe(all);
  }).toPass();
});
