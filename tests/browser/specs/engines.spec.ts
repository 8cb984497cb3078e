/** Signing in and reading works in the other engines too, over each protocol, the mail frame included; and so do two tabs. */
import { until } from "../harness/child.ts";
import { type Engine, startFirefox, startWebKit } from "../harness/engine.ts";
import { compose } from "../harness/mail.ts";
import { firefoxProgram, webkitPrograms } from "../harness/programs.ts";
import { freshProfile } from "../harness/chromium.ts";
import { expect, plainTargets, type Stage, test } from "../harness/stage.ts";
import { accountOn } from "../pages/app.ts";
import { EngineApp } from "../pages/engine-app.ts";

const engines: readonly { readonly name: string; readonly packages: string; readonly start: (stage: Stage) => Promise<Engine> | undefined }[] = [
  {
    name: "Firefox",
    packages: "firefox-esr",
    start: (stage) => {
      const program = firefoxProgram();
      return program === undefined ? undefined : startFirefox(program, freshProfile(stage.folder));
    },
  },
  {
    name: "WebKitGTK",
    packages: "webkit2gtk-driver xvfb xauth",
    start: () => {
      const programs = webkitPrograms();
      return programs && startWebKit(programs);
    },
  },
];

/** Starts an engine, or skips where it is not installed. */
async function begin({ name, packages, start }: (typeof engines)[number], stage: Stage): Promise<Engine> {
  const starting = start(stage);
  if (starting !== undefined) return starting;
  const sentence = `not installed: ${name} (install it: apt-get install ${packages})`;
  console.log(sentence);
  if (process.env["REQUIRE_BROWSERS"] === "1") throw new Error(sentence);
  test.skip(true, sentence);
  throw new Error(sentence);
}

for (const kind of engines) {
  for (const protocol of ["IMAP", "POP3"] as const) {
    test(`${kind.name} signs in and reads a message over ${protocol}`, async ({ stage, mail, gateway }) => {
      const engine = await begin(kind, stage);
      try {
        await mail.deliver(compose({ subject: "Everywhere", html: '<p style="color: rgb(10, 20, 30)">The same in each engine</p>' }));
        const app = new EngineApp(engine);
        await app.signIn(gateway.origin, accountOn(mail, protocol));
        await app.openMessage("Everywhere");
        expect(await app.styledParagraph()).toBe("rgb(10, 20, 30) The same in each engine");
      } finally {
        await engine.close();
      }
    });
  }

  test(`${kind.name}: the database is deleted from outside, which is said at once, and what the server has comes again`, async ({ stage, mail, gateway }) => {
    const engine = await begin(kind, stage);
    try {
      await mail.deliver(compose({ subject: "Still there" }));
      const before = (await mail.list()).map(({ sha256 }) => sha256);
      const app = new EngineApp(engine);
      await app.signIn(gateway.origin, accountOn(mail, "POP3"));
      await app.row("Still there");
      await app.expectOnline();
      const quiet = await engine.newTab();
      await quiet.goto(`${gateway.origin}/sw.js`);
      await quiet.run('indexedDB.deleteDatabase("waypost:default");');
      await app.alert("This browser has removed the mail that was stored here");
      await app.expectOnline();
      await app.openMessage("Still there");
      expect((await mail.list()).map(({ sha256 }) => sha256), "nothing was deleted on the server").toEqual(before);
    } finally {
      await engine.close();
    }
  });

  test(`${kind.name}: two tabs see every change over one connection, and when the one that connects is closed the other goes on`, async ({ stage, mail }) => {
    const engine = await begin(kind, stage);
    try {
      const relay = await stage.relay(mail.ports.imap);
      const { origin } = await stage.gateway(plainTargets(relay));
      await mail.deliver(compose({ subject: "Shared" }));
      // The engine's first page lives as long as the engine, so another one leads.
      const first = new EngineApp(await engine.newTab());
      await first.signIn(origin, accountOn(mail, "IMAP", { port: relay.port, security: "none" }));
      await first.row("Shared");
      await first.expectOnline();
      const second = new EngineApp(engine);
      await second.open(origin);
      await second.row("Shared");
      await mail.deliver(compose({ subject: "Seen by both" }));
      await first.row("Seen by both");
      await second.row("Seen by both");
      await second.openMessage("Shared");
      await second.press("Star");
      await expect.poll(async () => (await mail.list())[0]?.flags).toContain("\\Flagged");
      await first.openMessage("Shared");
      await first.button("Remove star");
      expect(relay.connections, "one tab connects for both").toBe(1);

      const from = performance.now();
      await first.close();
      await until("another connection", () => (relay.connections === 2 ? true : undefined));
      console.log(`${kind.name}: taken over after ${Math.round(performance.now() - from)} ms`);
      await second.expectOnline();
      await mail.deliver(compose({ subject: "After the handover" }));
      await second.row("After the handover");
      expect(relay.connections, "without a password").toBe(2);
    } finally {
      await engine.close();
    }
  });
}
