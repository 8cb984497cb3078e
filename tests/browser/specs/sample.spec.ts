/** The sample mailbox, as its senders wrote it: charsets of many countries, in the list and in the reader. */
import { expect, targetsOf, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

/** What crates/testkit/src/sample/charsets.rs puts in, and in which charset it stands on the wire. */
const letters = [
  { charset: "ISO-2022-JP", from: "灯野 みさき", subject: "灯台の夜間公開について", says: "岬の灯台も、来週の土曜日に夜間公開をします。" },
  { charset: "Shift_JIS", from: "浜口 晴樹", subject: "Re: レンズの磨き方（第2回）", says: "薬品は①使わない、②近づけない、の二点だけです。" },
  { charset: "GB18030", from: "沈望海", subject: "关于灯塔开放日的安排", says: "其中有一位老人名叫㐂𠮷，他的名字很少见" },
  { charset: "EUC-KR", from: "김해솔", subject: "등대 음악회에 초대합니다", says: "금요일 저녁 일곱 시, 등대 아래에서 작은 음악회를 엽니다." },
  { charset: "KOI8-R", from: "Надежда Береговая", subject: "Маяк снова горит", says: "Вчера вечером маяк на мысе снова зажгли." },
] as const;

test("five charsets show the right subject in the list and the right text in the reader", async ({ stage }) => {
  const mail = await stage.server("sample");
  const gateway = await stage.gateway(targetsOf(mail));
  const { context } = await stage.device({ size: { width: 1280, height: 8000 } });
  const app = new App(await context.newPage(), gateway.origin);
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  for (const { charset, from, subject, says } of letters) {
    const row = app.row(subject);
    await expect(row, charset).toHaveCount(1);
    await expect(row, charset).toContainText(from);
    await app.openMessage(subject);
    await expect(app.message, charset).toContainText(says);
  }
});

test("no line of the list holds a raw entity, once all mail is here", async ({ stage }) => {
  const mail = await stage.server("sample");
  const gateway = await stage.gateway(targetsOf(mail));
  const { context } = await stage.device({ size: { width: 1280, height: 8000 } });
  const app = new App(await context.newPage(), gateway.origin);
  await app.open();
  // POP3 fetches all mail whole, so that each line has its first words.
  await app.signIn(accountOn(mail, "POP3"));
  const all = (await mail.list()).length;
  await expect.poll(() => app.rows.count(), { timeout: 60_000 }).toBe(all);
  await expect(app.row("The Lantern, no. 41").first()).toContainText("turns again");
  const lines = await app.rows.allInnerTexts();
  expect(lines.length, "control: there are lines").toBeGreaterThan(50);
  expect(lines.filter((line) => /&[a-z]+;/i.test(line))).toEqual([]);
});
