/** Signing in and reading works in the other engines too, over each protocol, the mail frame included. */
import { type Engine, startFirefox, startWebKit } from "../harness/engine.ts";
import { compose } from "../harness/mail.ts";
import { firefoxProgram, webkitPrograms } from "../harness/programs.ts";
import { freshProfile } from "../harness/chromium.ts";
import { expect, type Stage, test } from "../harness/stage.ts";
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

for (const { name, packages, start } of engines) {
  for (const protocol of ["IMAP", "POP3"] as const) {
    test(`${name} signs in and reads a message over ${protocol}`, async ({ stage, mail, gateway }) => {
      const starting = start(stage);
      if (starting === undefined) {
        const sentence = `not installed: ${name} (install it: apt-get install ${packages})`;
        console.log(sentence);
        if (process.env["REQUIRE_BROWSERS"] === "1") throw new Error(sentence);
        test.skip(true, sentence);
        return;
      }
      const engine = await starting;
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
}
