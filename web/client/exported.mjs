// Looks at everything that the package exports: it has a doc comment with an example, its calls are documented, and its types name no
// `any`. A number says in its name or in a comment what it counts.
//   node exported.mjs          the entries of package.json
//   node exported.mjs FILE...  these sources
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

const here = import.meta.dirname;

/** The sources of the entries, by the names that users know. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const files = new Set();
  const visit = (value) => {
    if (typeof value === "string") {
      const source = join(here, value.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"));
      if (value.endsWith(".js") && existsSync(source)) files.add(source);
    } else for (const inner of Object.values(value)) visit(inner);
  };
  visit(exports);
  return [...files];
}

/** Numbers that their names explain. */
const named = new Set(["id", "account", "mailbox", "port", "octets", "count", "kibibytes", "uid", "uidValidity"]);

const has = (symbol, checker) => symbol.getDocumentationComment(checker).length > 0;

/** What is wrong with what these sources export. */
export function faultsOf(files) {
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(join(here, "tsconfig.page.json"), ts.sys.readFile).config, ts.sys, here);
  const program = ts.createProgram(files, { ...options, composite: false, incremental: false, tsBuildInfoFile: undefined, noEmit: true });
  const checker = program.getTypeChecker();
  const faults = new Set();

  /** `any` where somebody wrote it, or where it came from nothing. */
  const isAny = (symbol, at) => {
    const type = checker.getTypeOfSymbolAtLocation(symbol, at);
    if (type.flags & ts.TypeFlags.Any) return true;
    return type.getCallSignatures().some((call) => call.getReturnType().flags & ts.TypeFlags.Any || call.parameters.some((parameter) => checker.getTypeOfSymbolAtLocation(parameter, at).flags & ts.TypeFlags.Any));
  };

  const members = (name, symbol, declaration) => {
    const own = (member) => member.declarations?.some((one) => one.parent === declaration);
    const all = [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])].filter(own);
    for (const member of all) {
      const [at] = member.declarations ?? [];
      const hidden = at === undefined || ts.isPrivateIdentifier(at.name ?? at) || ts.getCombinedModifierFlags(at) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected);
      if (hidden || member.name.startsWith("__") || member.flags & ts.SymbolFlags.TypeParameter) continue;
      const label = `${name}.${member.name}`;
      if (isAny(member, at)) faults.add(`${label} is any`);
      const { flags, types = [] } = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(member, at));
      const isNumber = (flags | types.reduce((all, one) => all | one.flags, 0)) & ts.TypeFlags.NumberLike;
      if (isNumber && !named.has(member.name) && !has(member, checker)) faults.add(`${label} is a number without a unit: say in a comment what it counts`);
      const known = /^(?:name|message|code|blame)$/.test(member.name);
      if (member.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor) && !known && !has(member, checker)) faults.add(`${label} has no doc comment`);
    }
  };

  for (const file of files) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) {
      faults.add(`${file} is no module`);
      continue;
    }
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const [declaration] = symbol.declarations ?? [];
      const name = `${file.split("/").at(-1)}: ${exported.name}`;
      if (!has(symbol, checker)) faults.add(`${name} has no doc comment`);
      if (!symbol.getJsDocTags(checker).some((tag) => tag.name === "example")) faults.add(`${name} has no @example`);
      if (declaration === undefined) continue;
      if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) members(name, symbol, declaration);
      else if (ts.isFunctionDeclaration(declaration) && isAny(symbol, declaration)) faults.add(`${name} takes or gives any`);
    }
  }
  return [...faults];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const given = process.argv.slice(2);
  const faults = faultsOf(given.length > 0 ? given : entries());
  if (faults.length > 0) {
    console.error(faults.join("\n"));
    process.exit(1);
  }
}
