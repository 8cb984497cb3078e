import { open } from "waypost";
import { transport } from "./mail.js";

/** The engine outside of a browser: in memory, with a server in memory. */
export async function probe() {
  const mail = await open({ transport: transport() });
  const settings = { protocol: "imap", address: "robin@mail.example", host: "mail.example", port: 993, security: "tls", username: "robin" };
  const account = await mail.signIn(settings, "secret");
  const inbox = await mail.inbox(account.id);
  await mail.synchronise(account.id, inbox.id);
  const { rows } = await mail.list(account.id, inbox.id, {});
  await mail.close();
  return `memory: ${rows.map(({ subject }) => subject).sort().join(", ")}`;
}
