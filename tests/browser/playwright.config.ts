import { defineConfig } from "@playwright/test";

/** One worker: each test has a gateway, a mail server and a browser of its own, and two cores are enough for one set. */
export default defineConfig({
  testDir: "specs",
  testMatch: "*.spec.ts",
  outputDir: "results",
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env["CI"] !== undefined,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
});
