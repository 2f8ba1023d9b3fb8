// Bundles the pages' program: "node build.js" writes it, "node build.js --check" fails where it is not what the sources give.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const web = fileURLToPath(new URL("../../src/opsn_geo/publish/web/", import.meta.url));
const sources = `${web}program/`;
const target = `${web}program.min.js`;

/** What the sources are, in one word: the bundle begins with it, so that a test without Node sees a stale one. */
function fingerprint() {
  const sum = createHash("sha256");
  for (const name of readdirSync(sources).filter((each) => each.endsWith(".js")).sort()) sum.update(readFileSync(sources + name));
  return sum.digest("hex");
}

const made = await build({
  entryPoints: [`${sources}main.js`],
  bundle: true,
  format: "iife",
  globalName: "opsnGeo",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  target: ["chrome103", "firefox113", "safari16.4"],
  banner: { js: `// Built from program/ by "npm run build" in tools/web; sources ${fingerprint()}` },
  write: false,
});
const text = made.outputFiles[0].text;
if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error('The bundle is stale: run "npm run build" in tools/web.');
  process.exitCode = 1;
}
