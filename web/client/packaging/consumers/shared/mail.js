import { mailServer } from "waypost/testing";

/** To a server in memory with two messages, so that nothing of a network is in it. */
export const transport = () => mailServer({ mailboxes: { INBOX: ["Subject: One\n\nFirst\n", "Subject: Two\n\nSecond\n"] } }).transport();

const target = (host, port) => ({ host, port, security: "tls", transport: transport(), auth: { username: "robin", password: "secret" } });
export const imap = () => target("imap.example", 993);
export const pop3 = () => target("pop.example", 995);

/** Lists both messages over IMAP. */
export async function listed(ImapClient) {
  const client = await ImapClient.connect(imap());
  await client.select("INBOX");
  const subjects = [];
  for await (const { envelope } of client.fetch("1:*", { envelope: true })) subjects.push(envelope.subject);
  await client.close();
  return `imap: ${subjects.join(", ")}`;
}

/** Takes both messages over POP3. */
export async function taken(Pop3Client) {
  const client = await Pop3Client.connect(pop3());
  const texts = [];
  for await (const { octets } of client.messages([1, 2])) texts.push(new TextDecoder().decode(octets));
  await client.quit();
  return `pop3: ${texts.map((text) => text.trim().split("\r\n").at(-1)).join(", ")}`;
}
