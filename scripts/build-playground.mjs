// Bundles src/playground, with the operations of test/operations, into dist/playground: every file the page will ever ask for.
// Writes nothing outside that folder; a build that fails leaves the previous one in place.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import zlib from "node:zlib";
import * as esbuild from "esbuild";
import { Kind, parse } from "graphql";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const source = path.join(root, "src/playground");
const target = path.join(root, "dist/playground");
const publicPath = "/playground/";
const openingExample = "TopicPage";

// Shown in the header where the file exists. They are read as plain text, so they need no renderer.
const documentFiles = [
  { label: "API guide", file: "docs/api.md", name: "api-guide.txt" },
  { label: "Schema as text", file: "schema.graphql", name: "schema.txt" },
];

/** A problem in the project's files that the person who builds can correct; shown without a stack. */
class BuildError extends Error {}

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none", // licenses.txt holds them whole
  metafile: true,
  logLevel: "silent",
  nodePaths: [path.join(root, "node_modules")],
};

async function build() {
  const startedAt = performance.now();
  const examples = await readExamples();
  const documents = documentFiles.filter(({ file }) => existsSync(path.join(root, file)));
  await mkdir(path.dirname(target), { recursive: true });
  const staging = await mkdtemp(path.join(path.dirname(target), ".playground-"));
  try {
    const workers = await bundleWorkers(staging);
    const content = {
      examples,
      documents: documents.map(({ label, name }) => ({ label, href: publicPath + name })),
    };
    const page = await bundlePage(staging, workers.addresses, content);
    for (const { file, name } of documents)
      await writeFile(path.join(staging, name), await readFile(path.join(root, file)));
    await writePage(staging, page.metafile);
    await writeLicenses(staging, [...workers.metafiles, page.metafile]);
    await compress(staging);
    await rm(target, { recursive: true, force: true });
    await rename(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  await report(startedAt, examples.length);
}

/** The operations of test/operations, the opening one first, each checked to be something that the editor can show and run. */
async function readExamples() {
  const directory = path.join(root, "test/operations");
  const files = (await readdir(directory)).filter(file => file.endsWith(".graphql")).sort();
  const examples = await Promise.all(files.map(file => readExample(directory, file)));
  const opening = examples.find(({ name }) => name === openingExample);
  if (!opening)
    throw new BuildError(`test/operations/${openingExample}.graphql is missing; the playground opens on it.`);
  return [opening, ...examples.filter(example => example !== opening)];
}

async function readExample(directory, file) {
  const name = path.basename(file, ".graphql");
  const query = await readFile(path.join(directory, file), "utf8");
  const description = /^#[ \t]*(\S.*)/.exec(query)?.[1]?.trim();
  if (!description)
    throw new BuildError(`test/operations/${file}: the first line has to be a comment that describes it.`);
  let document;
  try {
    document = parse(query);
  } catch (error) {
    throw new BuildError(`test/operations/${file}: ${error.message}`);
  }
  if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) {
    throw new BuildError(`test/operations/${file}: it holds no operation.`);
  }
  return { name, description, query, variables: await readVariables(path.join(directory, `${name}.variables.json`)) };
}

async function readVariables(file) {
  if (!existsSync(file)) return "";
  const text = (await readFile(file, "utf8")).trim();
  let variables;
  try {
    variables = JSON.parse(text);
  } catch (error) {
    throw new BuildError(`test/operations/${path.basename(file)}: ${error.message}`);
  }
  if (typeof variables !== "object" || variables === null || Array.isArray(variables)) {
    throw new BuildError(`test/operations/${path.basename(file)}: it has to be a JSON object.`);
  }
  return text;
}

/** Classic scripts with nothing left to import, so that `worker-src 'self'` is enough for them. */
async function bundleWorkers(outdir) {
  const entryPoints = {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  };
  const { metafile } = await esbuild.build({
    ...shared,
    entryPoints,
    entryNames: "[name]-[hash]",
    format: "iife",
    outdir,
  });
  const outputs = Object.keys(metafile.outputs).map(output => path.basename(output));
  const addressOf = name => publicPath + outputs.find(output => output.startsWith(`${name}.worker-`));
  return {
    addresses: { editor: addressOf("editor"), json: addressOf("json"), graphql: addressOf("graphql") },
    metafiles: [metafile],
  };
}

async function bundlePage(outdir, workers, content) {
  return esbuild.build({
    ...shared,
    entryPoints: { playground: path.join(source, "main.tsx"), icon: path.join(source, "icon.svg") },
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    assetNames: "[name]-[hash]",
    publicPath,
    outdir,
    format: "esm",
    splitting: true,
    jsx: "automatic",
    tsconfig: path.join(source, "tsconfig.json"),
    loader: { ".svg": "copy" },
    // The old names that GraphiQL imports lead to UMD files, whose exports do not arrive; these are the same plugins as modules.
    alias: {
      "prettier/parser-babel": "prettier/plugins/babel",
      "prettier/parser-graphql": "prettier/plugins/graphql",
    },
    plugins: [
      virtualModule("playground:content", content),
      virtualModule("playground:workers", { workers }),
      stylesOfGraphiQL(),
    ],
  });
}

/** A module whose exports are the given values. */
function virtualModule(name, values) {
  const contents = Object.entries(values)
    .map(([key, value]) => `export const ${key} = ${JSON.stringify(value)};`)
    .join("\n");
  return {
    name,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: "virtual" }));
      build.onLoad({ filter: new RegExp(`^${name}$`), namespace: "virtual" }, () => ({ contents, loader: "js" }));
    },
  };
}

/**
 * GraphiQL's style sheet holds Monaco's as well, and every font as a data: address. The fonts become files, so that the policy needs
 * no `font-src data:` and a browser loads only the alphabets it shows; Monaco's own style sheets would come a second time.
 */
function stylesOfGraphiQL() {
  const fonts = [];
  return {
    name: "styles-of-graphiql",
    setup(build) {
      build.onLoad({ filter: /[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: "", loader: "empty" }));
      build.onLoad({ filter: /[\\/]graphiql[\\/]dist[\\/]style\.css$/ }, async ({ path: file }) => {
        const css = await readFile(file, "utf8");
        const contents = css.replace(/url\(data:font\/(\w+);base64,([^)]+)\)/g, (_match, type, base64) => {
          fonts.push(Buffer.from(base64, "base64"));
          return `url(embedded-font:${fonts.length - 1}/font.${type})`;
        });
        if (fonts.length === 0)
          throw new Error(`found no fonts in ${file}: has GraphiQL changed the way it ships them?`);
        return { contents, loader: "css" };
      });
      build.onResolve({ filter: /^embedded-font:/ }, ({ path: address }) => ({
        path: address.slice("embedded-font:".length),
        namespace: "embedded-font",
      }));
      build.onLoad({ filter: /.*/, namespace: "embedded-font" }, ({ path: address }) => ({
        contents: fonts[Number.parseInt(address, 10)],
        loader: "file",
      }));
    },
  };
}

/** index.html with the hashed names; the chunks that are certain to be needed are announced, so that they load side by side. */
async function writePage(outdir, metafile) {
  const outputs = Object.entries(metafile.outputs);
  const named = (start, end) =>
    outputs.map(([file]) => path.basename(file)).find(file => file.startsWith(start) && file.endsWith(end));
  const holding = input => outputs.find(([, output]) => output.entryPoint?.endsWith(input))?.[0];
  const chunks = new Set();
  const addChunk = file => {
    if (!file || chunks.has(file)) return;
    chunks.add(file);
    for (const { path: imported, kind } of metafile.outputs[file].imports) {
      if (kind === "import-statement") addChunk(imported);
    }
  };
  const entry = holding("src/playground/main.tsx");
  addChunk(entry);
  addChunk(holding("monaco-graphql/esm/monaco-editor.js"));
  addChunk(holding("monaco-graphql/esm/lite.js"));
  chunks.delete(entry);

  const head = [
    `<link rel="icon" type="image/svg+xml" href="${publicPath}${named("icon-", ".svg")}" />`,
    `<link rel="stylesheet" href="${publicPath}${named("playground-", ".css")}" />`,
    `<script type="module" src="${publicPath}${path.basename(entry)}"></script>`,
    ...[...chunks].map(file => `<link rel="modulepreload" href="${publicPath}${path.basename(file)}" />`),
  ];
  const page = await readFile(path.join(source, "index.html"), "utf8");
  await writeFile(path.join(outdir, "index.html"), page.replace("{{head}}", head.join("\n    ")));
}

/** The notices of every package in the bundle: their licences ask that they travel with it. */
async function writeLicenses(outdir, metafiles) {
  const packages = new Set();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[0];
    if (name) packages.add(name);
  }
  const notices = await Promise.all([...packages].sort().map(directory => readLicense(path.resolve(root, directory))));
  await writeFile(path.join(outdir, "licenses.txt"), notices.join(`\n${"-".repeat(80)}\n`));
}

async function readLicense(directory) {
  const { name, version, license } = JSON.parse(await readFile(path.join(directory, "package.json"), "utf8"));
  const file = (await readdir(directory)).find(entry => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(path.join(directory, file), "utf8") : "";
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

/** Ready-made .br and .gz beside each text, so that the server compresses nothing while it serves. */
async function compress(outdir) {
  const brotli = promisify(zlib.brotliCompress);
  const gzip = promisify(zlib.gzip);
  const quality = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 7 } };
  const texts = (await readdir(outdir)).filter(file => /\.(js|css|svg|txt)$/.test(file));
  await Promise.all(
    texts.map(async file => {
      const bytes = await readFile(path.join(outdir, file));
      if (bytes.length < 1024) return;
      await writeFile(path.join(outdir, `${file}.br`), await brotli(bytes, quality));
      await writeFile(path.join(outdir, `${file}.gz`), await gzip(bytes));
    }),
  );
}

async function report(startedAt, exampleCount) {
  const files = await readdir(target);
  const sizes = await Promise.all(
    files.map(async file => ({ file, bytes: (await readFile(path.join(target, file))).length })),
  );
  const total = pattern =>
    (sizes.filter(({ file }) => pattern.test(file)).reduce((sum, { bytes }) => sum + bytes, 0) / 1000).toFixed(0);
  console.log(
    `playground: ${exampleCount} example(s), ${total(/\.(js|css)$/)} kB of code and styles ` +
      `(${total(/\.(js|css)\.br$/)} kB as Brotli), ${total(/\.(woff2?|ttf)$/)} kB of fonts, ` +
      `in ${((performance.now() - startedAt) / 1000).toFixed(1)} s → dist/playground`,
  );
}

try {
  await build();
} catch (error) {
  const reasons = error.errors
    ? await esbuild.formatMessages(error.errors, { kind: "error" })
    : [error instanceof BuildError ? error.message : error.stack];
  console.error(`The playground was not built.\n${reasons.join("\n")}`);
  process.exitCode = 1;
}
