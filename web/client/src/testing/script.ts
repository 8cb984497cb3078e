/** A dialogue written down: the form of the transcripts in tests/transcripts. */
import { wrongArgument } from "../errors.js";
import type { Transport } from "../clients/transport.js";
import { utf8 } from "./octets.js";
import { Gone, Wire } from "./wire.js";

/**
 * A transport that plays a dialogue, once.
 *
 * @example
 * await played.finished;
 */
export interface Script extends Transport {
  /** Resolves when all of it was said. Rejects when the client said something else, with what. */
  readonly finished: Promise<void>;
}

interface Step {
  readonly who: "S" | "C";
  readonly text: string;
}

/**
 * Plays lines: `S: ` what the server says, `C: ` what the client must say, `# ` a comment. `\r`, `\n`, `\0`, `\xHH` and `\\` are
 * escapes; CRLF is added unless the line ends in `\`. After the last line the server ends the connection; end with `S: ` and nothing
 * else to have it stay.
 *
 * @example
 * const played = script(["S: +OK ready", "C: CAPA", "S: -ERR what?", "C: USER robin", "S: -ERR [AUTH] no"]);
 * await assert.rejects(Pop3Client.connect({ ...options, transport: played }), { code: "auth-failed" });
 * await played.finished;
 */
export function script(lines: readonly string[]): Script {
  const steps = read(lines);
  let finish: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  finished.catch(() => undefined);
  let used = false;
  return {
    finished,
    connect(target, signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      if (used) return Promise.reject(wrongArgument("A script is played once. Make another one."));
      used = true;
      const wire = new Wire(target, {});
      play(wire, steps).then(finish, (error: unknown) => {
        fail(error);
        wire.cut();
      });
      return Promise.resolve(wire.duplex);
    },
  };
}

async function play(wire: Wire, steps: readonly Step[]): Promise<void> {
  for (const { who, text } of steps) {
    if (who === "S") {
      await wire.send(text);
      continue;
    }
    const said = await wire.octets(text.length).catch((error: unknown) => {
      throw error instanceof Gone ? new Error(`The client ended where the script has ${JSON.stringify(text)}.`) : error;
    });
    if (said !== text) throw new Error(`The client said ${JSON.stringify(said)} where the script has ${JSON.stringify(text)}.`);
  }
  if (steps.at(-1)?.text !== "") await wire.end();
}

function read(lines: readonly string[]): readonly Step[] {
  const steps: Step[] = [];
  for (const line of lines) {
    const [, who, text = ""] = /^([SC]): ?(.*)$/s.exec(line) ?? [];
    if (who === "S" || who === "C") {
      const quiet = who === "S" && text === "";
      steps.push({ who, text: quiet ? "" : unescaped(text) });
    } else if (line !== "" && !line.startsWith("#")) {
      throw wrongArgument(`A line of a script begins with "S: ", "C: " or "# ", and this does not: ${line}`);
    }
  }
  return steps;
}

function unescaped(line: string): string {
  const open = line.endsWith("\\") && !line.endsWith("\\\\");
  const text = utf8(open ? line.slice(0, -1) : line);
  const made = text.replace(/\\(?:x([0-9A-Fa-f]{2})|([rn0\\]))/g, (_, hex: string | undefined, sign: string | undefined) =>
    hex !== undefined ? String.fromCharCode(parseInt(hex, 16)) : sign === "r" ? "\r" : sign === "n" ? "\n" : sign === "0" ? "\0" : "\\",
  );
  return open ? made : `${made}\r\n`;
}
