/**
 * ESLint for static/js and tests/js. Run from the top of the checkout: `make check` does.
 *
 * The packages live beside the Python environment, not beside this file, so they are required from there.
 */
import { createRequire } from "node:module";
import path from "node:path";

import { rules } from "./import-laws.js";

const require = createRequire(path.resolve(import.meta.dirname, "../../.venv/js/package.json"));
const js = require("@eslint/js");
const globals = require("globals");

const noPage = ["document", "window", "HTMLElement", "localStorage", "sessionStorage", "navigator"].map((name) => ({
  name,
  message: "net/ also runs under Node: it has no page.",
}));

const es = { ecmaVersion: 2024, sourceType: "module" };

export default [
  { ignores: ["**/vendor/**", "var/**", ".venv/**"] },
  js.configs.recommended,
  {
    files: ["static/js/**/*.js", "tests/js/**/*.js"],
    languageOptions: { ...es, globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { imports: { rules } },
    rules: {
      "imports/layers": "error",
      "imports/no-cycle": "error",
      "imports/named-in-full": "error",
      "no-duplicate-imports": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "all" }],
      complexity: ["error", 12], // counts every ?? and ?. as a branch, which the limit of 8 for Python does not
      eqeqeq: "error",
      "max-params": ["error", 5],
      "no-alert": "error",
      "no-console": ["error", { allow: ["warn", "error"] }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["static/js/net/**/*.js"],
    languageOptions: { ...es, globals: globals["shared-node-browser"] },
    rules: { "no-restricted-globals": ["error", ...noPage] },
  },
  {
    files: ["tests/js/**/*.js", "requirements/js/*.js"],
    languageOptions: { ...es, globals: { ...globals.browser, ...globals.node } },
    rules: { "no-console": "off", complexity: "off", "max-params": "off" },
  },
];
