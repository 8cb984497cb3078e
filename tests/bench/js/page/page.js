// What the benchmark calls in a browser: the package's client through a gateway, and a plain WebSocket that receives as many octets.
import { gateway, ImapClient } from "/package/dist/imap.js";
import { readers } from "/sets.mjs";

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
