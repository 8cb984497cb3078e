// One measurement in a process of its own, so that its memory and time on a processor are its own:
//   node run.mjs WHO SET '{"host","port","user","password","count"}'
// prints { ms, cpuMs, rssMB, count, sum }. `ms` runs from the command to the last result in the hands of this script; login and SELECT
// are not in it. `count` and `sum` show that everything came: messages and the sum of their UIDs, or bodies and their octets.
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { readers } from "./readers.mjs";

const [who, set, text] = process.argv.slice(2);
const account = JSON.parse(text);

/** Longer than any tagged answer: Dovecot's to LOGIN, with all it can do, has more than 500 octets. */
const LONGEST = 2048;

/** A reader that asks and throws away what comes, in one buffer: what Node itself costs. */
function raw({ host, port, user, password, command }) {
  const lines = [`a LOGIN ${user} ${password}\r\n`, "b SELECT INBOX\r\n", `c ${command}\r\n`];
  let [step, start, tail] = [0, 0, ""];
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: Buffer.alloc(256 * 1024),
        callback: (length, buffer) => {
          tail = (tail + buffer.latin1Slice(Math.max(0, length - LONGEST), length)).slice(-LONGEST);
          const last = tail.endsWith("\r\n") ? tail.slice(0, -2).split("\n").at(-1) : "";
          if (step === 0 || last.startsWith(`${"abc"[step - 1]} OK`)) {
            if (step === 3) {
              resolve({ ms: performance.now() - start });
              socket.destroy();
              return false;
            }
            if (step === 2) start = performance.now();
            socket.write(lines[step]);
            step += 1;
          }
          return true;
        },
      },
    });
    socket.on("error", reject);
  });
}

const reader = who === "node-raw" ? raw : readers[who]?.[set];
if (reader === undefined) throw new Error(`${who} has no reader for ${set}`);
const digest = account.digests ? createHash("sha256") : undefined;
const result = await reader({ ...account, digest });
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ ...result, digest: digest?.digest("hex"), cpuMs: (user + system) / 1000, rssMB: process.resourceUsage().maxRSS / 1024 }));
process.exit(0);
