// Lists the packages that a production installation holds, by their licences, in docs/licenses.md; `--check` writes nothing and fails when
// that is not what is installed. Fails either way for a licence that asks for more than to be named.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const file = "docs/licenses.md";
const allowed = new Set(["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"]);

const locked = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
const packages = Object.entries(locked)
  .filter(([path, entry]) => path !== "" && !entry.dev && !entry.devOptional)
  .map(([path, entry]) => ({
    name: path.replace(/.*node_modules\//, ""),
    version: entry.version,
    license: licenseOf(path, entry),
    isOptional: entry.optional === true,
  }))
  .sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));

const refused = packages.filter(({ license }) => !isAllowed(license));
for (const { name, version, license } of refused) console.error(`${name} ${version}: ${license || "no licence"}`);
if (refused.length > 0) {
  console.error(`Not among the licences that are allowed: ${[...allowed].join(", ")}.`);
  process.exit(1);
}

const text = render();
if (process.argv.includes("--check")) {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    console.error(`${file} is not what is installed: npm run licenses writes it.`);
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
}
console.log(`${packages.length} packages, all under licences that are allowed`);

/** Of the package itself where it is installed; packages for other systems are not. */
function licenseOf(path, entry) {
  const manifest = `${path}/package.json`;
  if (!existsSync(manifest)) return entry.license ?? "";
  const { license, licenses } = JSON.parse(readFileSync(manifest, "utf8"));
  return license?.type ?? license ?? licenses?.map(({ type }) => type).join(" OR ") ?? "";
}

/** An SPDX expression of names with AND or OR; what else there may be in one is refused. */
function isAllowed(expression) {
  const plain = expression.replace(/^\((.*)\)$/, "$1");
  if (plain.includes(" AND ")) return plain.split(" AND ").every(isAllowed);
  if (plain.includes(" OR ")) return plain.split(" OR ").some(isAllowed);
  return allowed.has(plain);
}

function render() {
  const byLicense = new Map();
  for (const entry of packages) byLicense.set(entry.license, [...(byLicense.get(entry.license) ?? []), entry]);
  const sections = [...byLicense]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([license, group]) => {
      const lines = group.map(
        ({ name, version, isOptional }) => `- ${name} ${version}${isOptional ? " (optional)" : ""}`,
      );
      return `## ${license}\n\n${[...new Set(lines)].join("\n")}\n`;
    });
  return [
    "<!-- Written by `npm run licenses`; a test holds it to package-lock.json. -->\n",
    "# Licences of the production dependencies\n",
    "What `npm ci --omit=dev` installs for the server to load, by the licences that the packages state. Packages marked optional are native code, of which",
    "an installation has the one for its system. The playground is built from other packages: its notices are served with it, as `/playground/licenses.txt`.\n",
    ...sections,
  ].join("\n");
}
