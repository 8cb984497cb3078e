// What is added to the pages that TypeDoc makes: names of the entries, and on the examples the scripts that run them.
import { Converter, JSX, ReflectionKind } from "typedoc";
import { addressOf } from "./entries.mjs";

export function decorate(application, { entries, examples }) {
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const modules = new Map(entries.map(({ name, types }) => [types.replace(/^dist\/|\.d\.ts$/g, ""), name]));
    for (const module of project.children ?? []) module.name = modules.get(module.name) ?? module.name;
    for (const made of project.getReflectionsByKind(ReflectionKind.Constructor)) if (!madeByUsers.has(made.parent.name)) project.removeReflection(made);
  });
  application.renderer.hooks.on("head.end", (context) => {
    if (!context.page.model.isDocument?.() || !isExample(context.page.model, examples)) return JSX.createElement(JSX.Fragment, null);
    const imports = Object.fromEntries(entries.filter(({ script }) => script !== undefined).map(({ name, script }) => [name, context.relativeURL(addressOf(script))]));
    return JSX.createElement(
      JSX.Fragment,
      null,
      JSX.createElement("script", { type: "importmap" }, JSX.createElement(JSX.Raw, { html: JSON.stringify({ imports }) })),
      JSX.createElement("script", { type: "module", src: context.relativeURL("live/live.js") }),
    );
  });
}

/** Classes that users may make; objects of all others come from the package's own functions, and how it makes them is its own affair. */
const madeByUsers = new Set(["MailError"]);

function isExample({ content }, examples) {
  const text = content.map((part) => part.text).join("");
  return examples.some((name) => text.includes(`data-example="${name}"`));
}
