// One configuration for the package and the app. Type-aware: each file belongs to the tsconfig next to it.
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import typescript from "typescript-eslint";

const markupSinks = ["innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc", "write", "writeln"].map((property) => ({
  selector: `MemberExpression[property.name='${property}']${property.startsWith("write") ? "[object.name='document']" : ""}`,
  message: "Markup goes into the page in one file only, through its Trusted Types policy. Build nodes, or say why in that file.",
}));

export default typescript.config(
  { ignores: ["**/node_modules/", "**/dist/", "client/wasm/", "**/.svelte-kit/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.svelte"],
    extends: [...typescript.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-syntax": ["error", ...markupSinks],
      "no-eval": "error",
    },
  },
  ...svelte.configs["flat/recommended"],
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: typescript.parser, extraFileExtensions: [".svelte"] },
    },
    rules: {
      "svelte/no-at-html-tags": "error",
      "no-undef": "off",
    },
  },
  {
    files: ["**/*.ts"],
    // TypeScript knows which globals each folder has; see the tsconfig files.
    rules: { "no-undef": "off" },
  },
  {
    files: ["app/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [{ group: ["waypost/*", "**/client/**", "**/wasm/**"], message: "The app uses the package by its public name." }] }],
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { globals: globals.node },
  },
  {
    files: ["client/packaging/consumers/**", "client/packaging/probes/**"],
    languageOptions: { globals: { ...globals.browser, ...globals.worker } },
  },
);
