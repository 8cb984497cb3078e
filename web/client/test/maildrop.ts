/** A maildrop behind a transport in memory: as much of POP3 as the engine needs. */
import type { Duplex, Transport } from "../src/clients/transport.js";

/** What a test sees of it. */
export interface Maildrop extends Transport {
  /** Commands that came, without their arguments. */
  readonly heard: string[];
  /** Connections that are open. */
  readonly open: () => number;
  /** Octets that were taken from it. */
  readonly taken: () => number;
}

/** A maildrop with these messages; `upgrade` offers STLS, and `injected` comes before TLS begins. */
export function maildrop(messages: readonly Uint8Array[], options: { readonly upgrade?: boolean; readonly injected?: string } = {}): Maildrop {
  const heard: string[] = [];
  let open = 0;
  let taken = 0;

  function* answer(line: string): Generator<Uint8Array> {
    const [command = "", argument = ""] = line.split(" ");
    heard.push(command);
    const index = Number(argument) - 1;
    const listing = (of: (message: Uint8Array, number: number) => string): Uint8Array => text(`+OK\r\n${messages.map((message, at) => `${at + 1} ${of(message, at)}\r\n`).join("")}.\r\n`);
    switch (command) {
      case "CAPA":
        yield text(`+OK\r\nUSER\r\nUIDL\r\nTOP\r\nPIPELINING\r\n${options.upgrade === true ? "STLS\r\n" : ""}.\r\n`);
        break;
      case "UIDL":
        yield listing((_, at) => `uid-${at}`);
        break;
      case "LIST":
        yield listing(({ length }) => `${length}`);
        break;
      case "STAT":
        yield text(`+OK ${messages.length} ${messages.reduce((sum, { length }) => sum + length, 0)}\r\n`);
        break;
      case "RETR":
        yield text("+OK\r\n");
        for (let from = 0; from < (messages[index]?.length ?? 0); from += 65_536) yield messages[index]?.subarray(from, from + 65_536) ?? text("");
        yield text(".\r\n");
        break;
      case "STLS":
        yield text("+OK\r\n");
        if (options.injected !== undefined) yield text(options.injected);
        break;
      default:
        yield text("+OK\r\n");
    }
  }

  function duplex(greets: boolean): Duplex {
    const lines: string[] = [];
    let rest = "";
    let pieces: Generator<Uint8Array> | undefined = greets ? [text("+OK ready\r\n")][Symbol.iterator]() as Generator<Uint8Array> : undefined;
    let wake = (): void => undefined;
    let over = false;
    const end = (): void => {
      if (!over) open -= 1;
      over = true;
      wake();
    };
    open += 1;
    const readable = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          for (;;) {
            const piece = pieces?.next();
            if (piece !== undefined && piece.done !== true) {
              taken += piece.value.length;
              controller.enqueue(piece.value);
              return;
            }
            const line = lines.shift();
            pieces = line === undefined ? undefined : answer(line);
            if (line === undefined && over) {
              controller.close();
              return;
            }
            if (line === undefined) {
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
            }
          }
        },
        cancel: end,
      },
      { highWaterMark: 0 },
    );
    const writable = new WritableStream<Uint8Array>({
      write: (octets) => {
        rest += new TextDecoder().decode(octets);
        const whole = rest.split("\r\n");
        rest = whole.pop() ?? "";
        lines.push(...whole);
        wake();
        if (whole.includes("QUIT")) end();
      },
      close: end,
      abort: end,
    });
    const tls = { version: "TLSv1.3", cipher: "TLS13_AES_128_GCM_SHA256", fingerprint: null };
    const upgradeToTls = (): Promise<Duplex> => {
      open -= 1;
      return Promise.resolve({ ...duplex(false), tls });
    };
    return options.upgrade === true ? { readable, writable, upgradeToTls } : { readable, writable };
  }

  return { heard, open: () => open, taken: () => taken, connect: () => Promise.resolve(duplex(true)) };
}

/** A message with an attachment of so many octets. */
export function message(subject: string, octets = 0): Uint8Array {
  const line = `${"QUJD".repeat(18)}\r\n`;
  const head = `From: Robin <robin@example.org>\r\nTo: a@example.org\r\nSubject: ${subject}\r\nDate: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${subject}@example.org>\r\nMIME-Version: 1.0\r\n`;
  if (octets === 0) return text(`${head}\r\nText of ${subject}.\r\n`);
  const body = line.repeat(Math.ceil(octets / 54));
  return text(
    `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nText of ${subject}.\r\n--b\r\nContent-Type: image/png; name=chart.png\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=chart.png\r\n\r\n${body}--b--\r\n`,
  );
}

const text = (text: string): Uint8Array => new TextEncoder().encode(text);
