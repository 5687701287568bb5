/**
 * Three ESLint rules on imports: `layers` (games -> room -> net, never back), `no-cycle` and `named-in-full`.
 *
 * Ours because the usual plugin needs a native resolver for one thing we do not use: our imports are plain relative
 * paths ending in `.js`. Whether a file and a name in it exist is the type checker's business.
 */
import { readFileSync } from "node:fs";
import path from "node:path";

const IMPORT = /^\s*(?:import|export)\b[^;"'`]*?["'](\.{1,2}\/[^"']+)["']/gm;

/** What each folder of static/js may not import, and why. */
const FORBIDDEN = {
  net: [["room", "games", "lobby", "replay"], "net/ is the bottom: it knows the wire and nothing of rooms or pages"],
  room: [["games", "lobby", "replay"], "room/ does not know which game it shows: it loads one by its address"],
  games: [["games", "lobby", "replay"], "a game is one file that knows room/ and net/, and the game it is a variant of"],
  replay: [["games", "lobby"], "replay/ plays whatever game: it loads one by its address"],
  lobby: [["games", "replay"], "lobby/ takes what it shows of a game from the page"],
};

/** The folder under static/js that a file belongs to, or "" for none. */
const layerOf = (file) => /[\\/]static[\\/]js[\\/](\w+)[\\/]/.exec(file)?.[1] ?? "";

/** A game called X_something may build on the game X: the same game in another world (docs/adr/0010). */
const isVariant = (file, imported) =>
  layerOf(file) === "games" && path.basename(file).startsWith(`${path.basename(imported, ".js")}_`);

const resolve = (from, source) => path.resolve(path.dirname(from), source);

/** The files that `file` imports by a relative path. */
function importsOf(file, seen) {
  if (!seen.has(file)) seen.set(file, readImports(file));
  return seen.get(file);
}

function readImports(file) {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return []; // not there: the type checker says so, with the line
  }
  return [...text.matchAll(IMPORT)].map((match) => resolve(file, match[1]));
}

/** The way from `start` back to `goal` along imports, or null. */
export function roadBack(start, goal, seen = new Map()) {
  const tried = new Set();
  const walk = (file, road) => {
    if (file === goal) return [...road, file];
    if (tried.has(file)) return null;
    tried.add(file);
    return importsOf(file, seen).reduce((found, next) => found ?? walk(next, [...road, file]), null);
  };
  return walk(start, []);
}

/** A rule that calls `judge(file, imported)` for each relative import and reports what it returns. */
const rule = (description, judge) => ({
  meta: { type: "problem", docs: { description }, schema: [] },
  create(context) {
    const check = ({ source }) => {
      if (!source?.value?.startsWith(".")) return;
      const message = judge(context.filename, resolve(context.filename, source.value));
      if (message) context.report({ node: source, message });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
});

export const rules = {
  "named-in-full": rule("a browser finds no file without its ending", (_file, imported) =>
    path.extname(imported) ? null : `Write the whole name: ${path.basename(imported)}.js.`,
  ),
  layers: rule("imports run one way", (file, imported) => {
    const [others, why] = FORBIDDEN[layerOf(file)] ?? [[], ""];
    return others.includes(layerOf(imported)) && !isVariant(file, imported) ? `${why}.` : null;
  }),
  "no-cycle": rule("imports never run in a circle", (file, imported) => {
    const road = roadBack(imported, file);
    return road && `Imports run in a circle: ${road.map((step) => path.basename(step)).join(" -> ")}.`;
  }),
};
