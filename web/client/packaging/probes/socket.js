import { ImapClient } from "waypost/imap";
import { tcp } from "waypost/node";
import { openSite } from "./site.js";

/** Over sockets of Node's, without TLS and with it. */
export async function probe() {
  return `socket: ${await selected("none")}, ${await selected("tls")}`;
}

async function selected(security) {
  const { site, ca, close } = await openSite(security);
  const { imap, username, password } = site;
  try {
    const client = await ImapClient.connect({ ...imap, transport: tcp(ca === undefined ? {} : { ca }), auth: { username, password } });
    const { exists } = await client.select("INBOX");
    const version = client.tls?.version ?? "no TLS";
    await client.close();
    return `${exists} message over ${version}`;
  } finally {
    close();
  }
}
