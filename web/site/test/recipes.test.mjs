// The recipes run in Node, on a client of a few lines: they follow a live query, show its error, and end it when nobody looks any more.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { compile } from "svelte/compiler";
import ts from "typescript";
import { effectScope, nextTick, ref } from "vue";

const site = join(import.meta.dirname, "..");

/** A recipe as a module that Node runs, where its imports are found. */
async function recipe(name) {
  const folder = join(site, "node_modules/.cache/recipes");
  mkdirSync(folder, { recursive: true });
  const { outputText } = ts.transpileModule(readFileSync(join(site, "recipes", name), "utf8"), { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } });
  const file = join(folder, name.replace(".ts", ".mjs"));
  writeFileSync(file, outputText);
  return import(pathToFileURL(file).href);
}

/** A client whose readings give what `push` is told, and the signals of those that have begun. */
function client() {
  const signals = [];
  let give = () => undefined;
  return {
    signals,
    push: async (what) => {
      give(what);
      await new Promise((done) => setTimeout(done));
    },
    mail: {
      async *live(read, signal) {
        signals.push(signal);
        while (!signal.aborted) {
          const what = await new Promise((resolve) => {
            give = resolve;
            signal.addEventListener("abort", resolve);
          });
          if (signal.aborted) return;
          if (what instanceof Error) throw what;
          yield await read(what);
        }
      },
    },
  };
}

test("the store of Svelte follows a reading, and ends it with its last subscriber", async () => {
  const { liveMail } = await recipe("svelte.ts");
  const { mail, push, signals } = client();
  const seen = [];
  const leave = liveMail(mail, async (value) => value * 2).subscribe((now) => seen.push(now));
  await push(1);
  await push(2);
  await push(new RangeError("over"));
  assert.deepEqual(seen.slice(0, 3), [{}, { value: 2 }, { value: 4 }]);
  assert.ok(seen[3].error instanceof RangeError);
  leave();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true]);
});

test("the composable of Vue reads again for another source, and ends with its scope", async () => {
  const { useMail } = await recipe("vue.ts");
  const { mail, push, signals } = client();
  const scope = effectScope();
  const factor = ref(10);
  const { value, error } = scope.run(() => useMail(mail, async (given) => given * factor.value, [factor]));
  await push(1);
  assert.equal(value.value, 10);
  factor.value = 100;
  await nextTick();
  await push(3);
  assert.equal(value.value, 300);
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, false]);
  await push(new RangeError("over"));
  assert.ok(error.value instanceof RangeError);
  scope.stop();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
});

test("the component of Svelte compiles without a warning", () => {
  const { warnings } = compile(readFileSync(join(site, "recipes/Messages.svelte"), "utf8"), { filename: "Messages.svelte" });
  assert.deepEqual(warnings.map(({ message }) => message), []);
});
