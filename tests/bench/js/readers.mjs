// The clients, each with what it does for a set. All get a mailbox that is selected, and give { ms, count, sum }. A process loads the one
// that it measures: the others would count as its memory.
import { LIST, Sum, readers as sets } from "./sets.mjs";

async function imapflow({ host, port, user, password }, read) {
  const { ImapFlow } = await import("imapflow");
  const client = new ImapFlow({ host, port, secure: false, auth: { user, pass: password }, logger: false, disableAutoIdle: true, doSTARTTLS: false });
  await client.connect();
  await client.mailboxOpen("INBOX", { readOnly: true });
  const result = await read(client);
  client.close();
  return result;
}

const flowFetch = (query) => (account) =>
  imapflow(account, async (client) => {
    const sum = new Sum();
    for await (const message of client.fetch("1:*", query)) sum.add(message.uid);
    return sum.result;
  });

const flowBodies = (account) =>
  imapflow(account, async (client) => {
    const sum = new Sum();
    for await (const { source } of client.fetch("1:*", { source: true })) sum.add(source.length);
    return sum.result;
  });

const flowDownload = (account) =>
  imapflow(account, async (client) => {
    const sum = new Sum();
    const { content } = await client.download("8", undefined, { uid: true });
    let octets = 0;
    for await (const chunk of content) octets += chunk.length;
    sum.add(octets);
    return sum.result;
  });

const flowSearch = (account) => imapflow(account, (client) => Sum.of(() => client.search({ all: true }, { uid: true })));

/** npm imap. It always asks for INTERNALDATE and holds a reply back until all came that it asked for, so it can't read sets C and E. */
async function imap({ host, port, user, password }, read) {
  const { default: Imap } = await import("imap");
  const client = new Imap({ host, port, user, password, tls: false });
  return new Promise((resolve, reject) => {
    client.on("error", reject);
    client.once("ready", () =>
      client.openBox("INBOX", true, (error) => {
        if (error) reject(error);
        else read(client, resolve, reject);
      }),
    );
    client.connect();
  });
}

const imapFetch = (query) => (account) =>
  imap(account, (client, resolve, reject) => {
    const sum = new Sum();
    const fetch = client.fetch("1:*", query);
    fetch.on("message", (message) => message.once("attributes", ({ uid }) => sum.add(uid)));
    fetch.once("error", reject);
    fetch.once("end", () => resolve(sum.result));
  });

const imapSearch = (account) =>
  imap(account, (client, resolve, reject) => {
    const list = () => new Promise((found, failed) => client.search(["ALL"], (error, uids) => (error ? failed(error) : found(uids))));
    Sum.of(list).then(resolve, reject);
  });

const waypost = (read) => async ({ host, port, user, password }) => {
  const { ImapClient } = await import("../../../web/client/dist/imap.js");
  const { tcp } = await import("../../../web/client/dist/node.js");
  const client = await ImapClient.connect({ host, port, security: "none", transport: tcp(), auth: { username: user, password } });
  await client.select("INBOX", { readOnly: true });
  const result = await read(client);
  await client.close();
  return result;
};

async function maildrop({ host, port, user, password, count, digest }) {
  const { Pop3Client } = await import("../../../web/client/dist/pop3.js");
  const { tcp } = await import("../../../web/client/dist/node.js");
  const client = await Pop3Client.connect({ host, port, security: "none", transport: tcp(), auth: { username: user, password } });
  const sum = new Sum();
  for await (const { octets } of client.messages(Array.from({ length: count }, (_, at) => at + 1))) {
    digest?.update(octets);
    sum.add(octets.length);
  }
  const { result } = sum;
  await client.quit();
  return result;
}

async function nodePop3({ host, port, user, password, count, digest }) {
  const { default: Pop3Command } = await import("node-pop3");
  const client = new Pop3Command({ host, port, user, password });
  await client.connect();
  await client.command("USER", user);
  await client.command("PASS", password);
  const sum = new Sum();
  for (let number = 1; number <= count; number += 1) {
    const octets = Buffer.from(await client.RETR(number));
    digest?.update(octets);
    sum.add(octets.length);
  }
  const { result } = sum;
  await client.QUIT();
  return result;
}

export const readers = {
  waypost: { ...Object.fromEntries(Object.entries(sets).map(([set, read]) => [set, waypost(read)])), D: maildrop },
  imapflow: {
    A: flowFetch({ ...LIST, uid: true }),
    B: flowFetch({ ...LIST, uid: true, bodyStructure: true }),
    E: flowFetch({ uid: true, flags: true }),
    F: flowSearch,
    C: flowBodies,
    C1: flowBodies,
  },
  "imapflow-download": { C1: flowDownload },
  imap: { A: imapFetch({ envelope: true, size: true }), B: imapFetch({ envelope: true, size: true, struct: true }), F: imapSearch },
  "node-pop3": { D: nodePop3 },
};
