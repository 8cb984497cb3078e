import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "pages",
  testMatch: "screenshot.ts",
  outputDir: "results",
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [["line"]],
});
