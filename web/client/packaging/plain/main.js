import { MailError, open } from "waypost";

try {
  const mail = await open();
  globalThis.document.title = `${(await mail.accounts()).length} accounts`;
  await mail.close();
} catch (error) {
  globalThis.document.title = error instanceof MailError ? error.code : "fault";
}
