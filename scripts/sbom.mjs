// `node scripts/sbom.mjs [file]`: the software bill of materials of production in CycloneDX, to dist/sbom.cdx.json unless told. It is npm's
// own of everything, without what package-lock.json knows to be for development: `npm sbom --omit=dev` (npm 11.19) also leaves out whatever
// a development dependency happens to use too, graphql among them.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const [file = "dist/sbom.cdx.json"] = process.argv.slice(2);

const locked = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
const production = new Set(
  Object.entries(locked)
    .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional)
    .map(([path, { version }]) => `${path.replace(/.*node_modules\//, "")}@${version}`),
);

const everything = execFileSync("npm", ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application"], {
  maxBuffer: 100_000_000,
});
const bill = JSON.parse(everything);
const components = bill.components.filter(({ name, version }) => production.has(`${name}@${version}`));
const refs = new Set([bill.metadata.component["bom-ref"], ...components.map(component => component["bom-ref"])]);
const dependencies = bill.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(other => refs.has(other)) }));

mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ ...bill, components, dependencies }, null, 2)}\n`);
console.log(`${components.length} components → ${file}`);
