/** A login by SCRAM-SHA-256 (RFC 7677): its key is derived in slices, and nothing but the machine's own wish brings the next one. */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ImapClient } from "../src/imap.js";
import { Pop3Client } from "../src/pop3.js";
import type { Transport } from "../src/clients/transport.js";

const hmac = (key: Buffer, text: string | Buffer): Buffer => createHmac("sha256", key).update(text).digest();
const encoded = (text: string): string => Buffer.from(text).toString("base64");
const decoded = (text: string): string => Buffer.from(text, "base64").toString();

/** The server's side: what it says to the first and to the last message of the client, and null to a wrong proof. */
class Scram {
  #first = "";
  #challenge = "";

  challenge(initial: string): string {
    this.#first = decoded(initial).replace(/^[^,]*,[^,]*,/, "");
    this.#challenge = `r=${/r=([^,]*)/.exec(this.#first)?.[1] ?? ""}server,s=${encoded("salt of sixteen!")},i=20000`;
    return encoded(this.#challenge);
  }

  final(answer: string): string | null {
    const [withoutProof = "", proof = ""] = decoded(answer).split(",p=");
    const salted = pbkdf2Sync("secret", "salt of sixteen!", 20_000, 32, "sha256");
    const key = hmac(salted, "Client Key");
    const message = [this.#first, this.#challenge, withoutProof].join(",");
    const signature = hmac(createHash("sha256").update(key).digest(), message);
    const expected = Buffer.from(key.map((octet, index) => octet ^ (signature[index] ?? 0)));
    return expected.toString("base64") === proof ? encoded(`v=${hmac(hmac(salted, "Server Key"), message).toString("base64")}`) : null;
  }
}

/** A server that answers each line of the client. */
function answering(greeting: string, answer: (line: string) => string): Transport {
  return {
    connect() {
      let down: ReadableStreamDefaultController<Uint8Array> | undefined;
      const say = (text: string): void => down?.enqueue(new TextEncoder().encode(text));
      const readable = new ReadableStream<Uint8Array>({
        start: (controller) => {
          down = controller;
          say(greeting);
        },
      });
      const writable = new WritableStream<Uint8Array>({
        write: (octets) => {
          for (const line of new TextDecoder().decode(octets).split("\r\n").slice(0, -1)) say(answer(line));
        },
      });
      return Promise.resolve({ readable, writable });
    },
  };
}

const auth = { username: "robin", password: "secret" };
const signal = (): AbortSignal => AbortSignal.timeout(5_000);

describe("SCRAM-SHA-256", () => {
  it("signs in over POP3", async () => {
    const scram = new Scram();
    let asked = false;
    const transport = answering("+OK ready\r\n", (line) => {
      if (line === "CAPA") return "+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n";
      if (line.startsWith("AUTH ")) return `+ ${scram.challenge(line.split(" ")[2] ?? "")}\r\n`;
      if (line === "STAT") return "+OK 3 99\r\n";
      if (line === "QUIT" || line === "") return "+OK\r\n";
      const final = scram.final(line);
      asked = final !== null;
      return final === null ? "-ERR [AUTH] no\r\n" : `+ ${final}\r\n`;
    });
    const pop3 = await Pop3Client.connect({ host: "mail.example", transport, auth }, signal());
    expect([asked, await pop3.stat()]).toEqual([true, { count: 3, octets: 99 }]);
    await pop3.quit();
  });

  it("signs in over IMAP", async () => {
    const scram = new Scram();
    let tag = "";
    const transport = answering("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] ready\r\n", (line) => {
      const words = line.split(" ");
      if (words[1] === "AUTHENTICATE") {
        tag = words[0] ?? "";
        return `+ ${scram.challenge(words[3] ?? "")}\r\n`;
      }
      if (words.length > 1) return `${words[1] === "CAPABILITY" ? "* CAPABILITY IMAP4rev1\r\n" : ""}${words[0] ?? ""} OK done\r\n`;
      if (line === "") return `${tag} OK in\r\n`;
      const final = scram.final(line);
      return final === null ? `${tag} NO [AUTHENTICATIONFAILED] no\r\n` : `+ ${final}\r\n`;
    });
    const imap = await ImapClient.connect({ host: "mail.example", transport, auth }, signal());
    await imap.noop();
    await imap.close();
  });
});
