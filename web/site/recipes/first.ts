import { open } from "waypost";

const mail = await open({ gateway: "wss://mail.example/tunnel" });
const server = { protocol: "imap", address: "ann@mail.example", host: "imap.mail.example", port: 993, security: "tls", username: "ann" } as const;
const account = await mail.signIn(server, prompt("Password") ?? "");
const inbox = await mail.inbox(account.id);
await mail.synchronise(account.id, inbox.id);
const { rows } = await mail.list(account.id, inbox.id, { limit: 20 });
for (const { from, subject } of rows) console.log(from, subject);
