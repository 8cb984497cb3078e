import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { mailServer } from "waypost/testing";

/** A mailbox on a socket of this machine, as an example wants it; with TLS, also the certificate to trust. */
export async function openSite(security = "none") {
  const mail = mailServer({ mailboxes: { INBOX: ["Subject: One\n\nFirst\n"] } });
  const serve = (socket) => void carry(Duplex.toWeb(socket), mail.transport());
  const identity = security === "tls" ? certificate() : {};
  const server = security === "tls" ? createTlsServer(identity, serve) : createServer(serve);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const imap = { host: "127.0.0.1", port: server.address().port, security };
  return { mail, site: { imap, username: "robin", password: "secret" }, ca: identity.cert, close: () => server.close() };
}

async function carry(socket, transport) {
  const { readable, writable } = await transport.connect({ host: "imap.example", port: 143, security: "none" });
  await Promise.allSettled([readable.pipeTo(socket.writable), socket.readable.pipeTo(writable)]);
}

/** Its own authority. */
function certificate() {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", "certificate.pem", "-subj", "/CN=Probe", "-addext", "subjectAltName=IP:127.0.0.1"], { stdio: "pipe" });
  return { key: readFileSync("key.pem", "utf8"), cert: readFileSync("certificate.pem", "utf8") };
}
