// Runs the named make targets one after another, stops at the first that fails, and says how many tests ran.
import { spawn } from "node:child_process";

// What each runner prints when it is done: cargo test, node --test, vitest, Playwright, and our own runners.
const counts = [
  /^test result: \w+\. (\d+) passed/gm,
  /^(?:# |ℹ )pass (\d+)/gm,
  /^\s*Tests\s+(\d+) passed/gm,
  /^\s+(\d+) passed \(/gm,
  /^waypost tests: (\d+) passed/gm,
];

function run(target) {
  return new Promise((resolve) => {
    const child = spawn("make", [target], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NO_COLOR: "1" } });
    let output = "";
    child.stdout.on("data", (chunk) => {
      process.stdout.write(chunk);
      output += chunk;
    });
    child.on("close", (code) => resolve({ code, output }));
  });
}

const rows = [];
for (const target of process.argv.slice(2)) {
  console.log(`\n== ${target}`);
  const started = Date.now();
  const { code, output } = await run(target);
  const tests = counts.flatMap((pattern) => [...output.matchAll(pattern)]).reduce((sum, match) => sum + Number(match[1]), 0);
  const seconds = Math.round((Date.now() - started) / 1000);
  rows.push({ target, tests, seconds });
  if (code !== 0) {
    console.error(`\n${target} failed after ${seconds} s. Run "make ${target}" to see it alone.`);
    process.exit(1);
  }
}

console.log("\nPassed:");
for (const { target, tests, seconds } of rows) {
  console.log(`  ${target.padEnd(12)} ${String(tests).padStart(5)} tests  ${String(seconds).padStart(5)} s`);
}
console.log(`\n${rows.reduce((sum, row) => sum + row.tests, 0)} passed, 0 failed`);
