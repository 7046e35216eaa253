// Writes src/wire.ts from wire.schema.json; with --check it only says whether the file is fresh.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const target = new URL("../src/wire.ts", import.meta.url);
const schema = JSON.parse(await readFile(new URL("../wire.schema.json", import.meta.url), "utf8"));
const source = await compile(schema, "Wire", {
  additionalProperties: false,
  bannerComment: "/* Generated from wire.schema.json by `npm run wire`. Do not edit. */",
  ignoreMinAndMaxItems: true,
  unreachableDefinitions: true,
});
const text = source
  .replace(/export interface Wire \{\}\n/, "")
  .replace(/( \*\n)? \* This interface was referenced by `Wire`'s JSON-Schema\n( \* via .*\n)?/g, "")
  .replace(/\/\*\*\n \*\/\n/g, "");

if (!process.argv.includes("--check")) {
  await writeFile(target, text);
} else if ((await readFile(target, "utf8").catch(() => "")) !== text) {
  console.error("src/wire.ts is stale: run `npm run wire` in web/");
  process.exit(1);
}
