/** The tests of the package as its users receive it: from the tarball, in what they build and run with. */
import { join } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  test: {
    include: ["*.test.mjs"],
    globalSetup: join(here, "pack.mjs"),
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // Each file has work for both processors of a small machine.
    maxWorkers: 2,
  },
});
