import { MailError, open } from "waypost";

try {
  await using mail = await open();
  document.title = `${(await mail.accounts()).length} accounts`;
} catch (error) {
  document.title = error instanceof MailError ? error.code : "fault";
}
