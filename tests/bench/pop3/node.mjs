// Takes all mail of a maildrop under Node, when a line of JSON asks for it, and answers with one: milliseconds, time on a
// processor, messages. Judged messages go into a file, each behind its length.
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import Pop3Command from "node-pop3";
import initialise, { Maildrop } from "../../../target/bench/wasm/waypost.js";

const bench = new URL("../../../target/bench/", import.meta.url);
await initialise({ module_or_path: readFileSync(new URL("wasm/waypost.wasm", bench)) });

/** Octets of one read. */
const READ = 256 * 1024;

/** Our machine in wasm. Each message comes out as octets of its own. */
function waypost({ port, user, password, count }, take) {
  return new Promise((resolve, reject) => {
    const session = new Maildrop(user, password, count);
    const socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      onread: {
        buffer: Buffer.alloc(READ),
        callback: (length, buffer) => {
          session.feed(buffer.subarray(0, length));
          const commands = session.outgoing();
          if (commands.length > 0) socket.write(commands);
          for (let message = session.message(); message !== undefined; message = session.message()) take(message);
          if (session.closed()) socket.end();
          return true;
        },
      },
    });
    socket.on("error", reject);
    socket.on("close", () => {
      const why = session.closed() ? session.refused() : "the server hung up";
      session.free();
      if (why === undefined) resolve();
      else reject(new Error(why));
    });
  });
}

/** As its page on npm shows it: one command after the other. */
async function nodePop3({ port, user, password, count }, take) {
  const session = new Pop3Command({ host: "127.0.0.1", port, user, password });
  for (let number = 1; number <= count; number += 1) take(await session.RETR(number));
  await session.QUIT();
}

const takers = { waypost, "node-pop3": nodePop3 };

async function run(task) {
  const kept = [];
  let messages = 0;
  let octets = 0;
  const take = (message) => {
    messages += 1;
    octets += message.length;
    if (task.judged) kept.push(Buffer.from(message));
  };
  const [before, start] = [process.cpuUsage(), performance.now()];
  await takers[task.do](task, take);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  const answer = { ms, cpuMs: (user + system) / 1000, messages, octets };
  if (!task.judged) return answer;
  const file = new URL("came", bench).pathname;
  const pieces = kept.flatMap((message) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    return [length, message];
  });
  writeFileSync(file, Buffer.concat(pieces));
  return { ...answer, file };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await run(JSON.parse(line)).catch((error) => ({ error: String(error?.stack ?? error) }));
  console.log(JSON.stringify(answer));
}
