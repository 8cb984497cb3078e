// What the benchmark calls in a browser: the package's client through a gateway, and a plain WebSocket that receives as many octets.
import { gateway, ImapClient } from "/package/dist/imap.js";
import { LIST, readers } from "/sets.mjs";
import { list, noted, watched } from "/watch.mjs";

/** The same reading as under Node, of one set. */
globalThis.read = async ({ set, origin, port }) => {
  const client = await ImapClient.connect({ host: "127.0.0.1", port, security: "none", transport: gateway(`${origin}/tunnel`), auth: { username: set.split("-")[0], password: "secret" } });
  await client.select("INBOX", { readOnly: true });
  const result = await readers[set](client);
  await client.close();
  return result;
};

/** The limit: messages of 64 KiB from a plain server. */
globalThis.receive = ({ url, octets }) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let left = Math.floor(octets / 65536) * 65536;
    let start;
    socket.onopen = () => {
      start = performance.now();
      socket.send(String(octets));
    };
    socket.onmessage = ({ data }) => {
      left -= data.byteLength;
      if (left > 0) return;
      socket.onclose = null;
      socket.close();
      resolve({ ms: performance.now() - start });
    };
    socket.onclose = () => reject(new Error("the WebSocket closed"));
  });

/** How long a list of the client keeps the page's thread, and when its first row comes. */
globalThis.slice = async ({ set, origin, port }) => {
  const [user, way] = set.split("-");
  const query = user === "B" ? { ...LIST, structure: true } : LIST;
  const options = { host: "127.0.0.1", port, security: "none", auth: { username: user, password: "secret" } };
  return list(ImapClient, options, noted(gateway(`${origin}/tunnel`)), query, way);
};

/** How long the engine keeps the page's thread, from its import to the first rows that are shown; the first time it also takes the mail. */
globalThis.engine = async ({ origin, port, rows }) => {
  const { result, longest } = await watched(async () => {
    const { open } = await import("/package/dist/index.js");
    const mail = await open({ gateway: `${origin}/tunnel` });
    const [known] = await mail.accounts();
    const settings = { protocol: "imap", address: "A@mail.example", host: "127.0.0.1", port, security: "none", username: "A" };
    const account = known ?? (await mail.signIn(settings, "secret"));
    const inbox = await mail.inbox(account.id);
    if (known === undefined) await mail.synchronise(account.id, inbox.id);
    const { rows: found } = await mail.list(account.id, inbox.id, { limit: rows });
    const subjects = found.map(({ subject }) => subject);
    return { mail, count: subjects.length };
  });
  await result.mail.close();
  return { longest, count: result.count };
};
