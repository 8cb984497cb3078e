//! One message that asks for the network and for script by every way that HTML knows. The frame must give it neither.

/// The message. Each vector has a path of its own at `tracker_origin`, such as `/img`; each script leaves its name in the list
/// `ranByMail` of every window it can reach.
#[must_use]
pub fn hostile(tracker_origin: &str) -> Vec<u8> {
    let mut message = String::from(
        "From: A Stranger <stranger@far.example>\r\nTo: Robin Ashdown <robin@waypost.example>\r\n\
         Subject: You have won, look inside\r\nMessage-ID: <hostile@far.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
    );
    for line in LOADS.iter().chain(SCRIPTS).chain(ESCAPES) {
        message.push_str(&line.replace("{at}", tracker_origin));
        message.push_str("\r\n");
    }
    message.push_str("<p>The last words of the message.</p>\r\n");
    expand_marks(&message).into_bytes()
}

/// `{run:NAME}` becomes the script that leaves its name. It holds neither quotes of the markup nor `<`.
fn expand_marks(message: &str) -> String {
    let mut parts = message.split("{run:");
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        expanded.push_str("for(const w of[self,parent,top])try{(w.ranByMail??=[]).push(`");
        expanded.push_str(name);
        expanded.push_str("`)}catch{}");
        expanded.push_str(rest);
    }
    expanded
}

/// What loads something as soon as it is in a document.
const LOADS: &[&str] = &[
    r#"<link rel="stylesheet" href="{at}/link-stylesheet"><link rel="icon" href="{at}/link-icon">"#,
    r#"<link rel="preload" as="image" href="{at}/link-preload"><link rel="prefetch" href="{at}/link-prefetch">"#,
    r#"<link rel="modulepreload" href="{at}/link-modulepreload"><link rel="manifest" href="{at}/link-manifest">"#,
    r#"<link rel="preconnect" href="{at}/"><link rel="dns-prefetch" href="{at}/"><link rel="prerender" href="{at}/link-prerender">"#,
    r#"<style>@import url("{at}/css-import"); @font-face{font-family:f;src:url("{at}/css-font")} .f{font-family:f}"#,
    r#".b{background:url("{at}/css-background")} .v{--u:url("{at}/css-var");background:var(--u)} .l{list-style:url("{at}/css-list-style")}"#,
    r#".c{cursor:url("{at}/css-cursor"),auto} .i{background:image-set("{at}/css-image-set" 1x)} .a::before{content:url("{at}/css-content")}"#,
    r#".m{mask:url("{at}/css-mask")} .o{border-image:url("{at}/css-border-image") 1} .e{background:\75rl({at}/css-escaped)}</style>"#,
    // The first words that a list shows of it.
    r"<p>Dear winner, your prize is waiting. Open this letter and it will find its way to you.</p>",
    r#"<p class="f">f</p><p class="b">b</p><p class="v">v</p><ul class="l"><li>l</li></ul><p class="c">c</p><p class="i">i</p>"#,
    r#"<p class="a">a</p><p class="m">m</p><p class="o">o</p><p class="e">e</p>"#,
    r#"<p style="background:url('{at}/style-attribute')">s</p><p style="--u:url('{at}/style-var');background:var(--u)">s</p>"#,
    r#"<img src="{at}/img"><img srcset="{at}/img-srcset 1x"><picture><source srcset="{at}/picture"><img></picture>"#,
    r#"<table background="{at}/table-background"><tr><td background="{at}/cell-background">cell</td></tr></table>"#,
    r#"<video poster="{at}/video-poster" src="{at}/video" autoplay></video><audio src="{at}/audio" autoplay></audio>"#,
    r#"<video><source src="{at}/video-source"><track default src="{at}/track"></video><bgsound src="{at}/bgsound">"#,
    r#"<embed src="{at}/embed"><object data="{at}/object"></object><applet code="{at}/applet"></applet>"#,
    r#"<iframe src="{at}/iframe"></iframe><frameset><frame src="{at}/frame"></frameset>"#,
    r#"<iframe srcdoc="<img src='{at}/srcdoc-img'>"></iframe><input type="image" src="{at}/input-image">"#,
    r#"<svg width="9" height="9"><image href="{at}/svg-image"/><use href="{at}/svg-use#x"/><rect fill="url({at}/svg-fill#x)" width="9" height="9"/>"#,
    r##"<filter id="q"><feImage href="{at}/svg-feimage"/></filter><rect width="9" height="9" filter="url(#q)"/></svg>"##,
    r#"<svg width="9" height="9"><image><set attributeName="href" to="{at}/svg-set"/></image></svg>"#,
    r#"<div><template shadowrootmode="open"><img src="{at}/shadow-img"></template></div>"#,
];

/// What runs script.
const SCRIPTS: &[&str] = &[
    r#"<script>{run:script};new Image().src="{at}/script"</script><script src="{at}/script-src"></script>"#,
    r#"<script type="module">{run:module}</script>"#,
    r#"<img src="{at}/onerror" onerror="{run:onerror}" onload="{run:onload}">"#,
    r#"<svg onload="{run:svg-onload}"><script>{run:svg-script}</script><animate onbegin="{run:svg-animate}" attributeName="x" dur="1s"/></svg>"#,
    r#"<details open ontoggle="{run:ontoggle}">d</details><marquee onstart="{run:onstart}">m</marquee>"#,
    r#"<input autofocus onfocus="{run:onfocus}"><textarea autofocus onfocus="{run:textarea-onfocus}"></textarea>"#,
    r#"<iframe src="javascript:{run:javascript-frame}"></iframe><iframe srcdoc="<script>{run:srcdoc-script}</script>"></iframe>"#,
    r#"<iframe src="data:text/html,<script>{run:data-frame}</script>"></iframe>"#,
    r#"<iframe sandbox="allow-scripts allow-same-origin allow-top-navigation" srcdoc="<script>{run:sandboxed-script}</script>"></iframe>"#,
    r#"<math><mtext><table><mglyph><style><img src="x" onerror="{run:mathml}"></style></mglyph></table></mtext></math>"#,
    r#"<noscript><p title="</noscript><img src=x onerror={run:noscript}>"></noscript>"#,
    r#"<body onload="{run:body-onload}" background="{at}/body-background">"#,
];

/// What leads elsewhere by itself or by a click.
const ESCAPES: &[&str] = &[
    r#"<meta http-equiv="refresh" content="1; url={at}/refresh"><meta http-equiv="set-cookie" content="mail=1">"#,
    r#"<a href="{at}/link" ping="{at}/ping">a link</a><a href="javascript:{run:javascript-link}">a script link</a>"#,
    r#"<a href="data:text/html,<script>{run:data-link}</script>">a data link</a><a href="vbscript:1">an old link</a>"#,
    r#"<form action="{at}/form"><input name="password" type="password"><button autofocus>send</button></form>"#,
    r#"<p style="position:fixed;inset:0;z-index:9999">This covers everything that lets itself be covered.</p>"#,
    r#"<base href="{at}/base/">"#,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vector_names_the_tracker_and_every_mark_is_expanded() {
        let message = String::from_utf8(hostile("http://127.0.0.1:9")).expect("UTF-8");
        assert!(!message.contains("{at}") && !message.contains("{run"));
        for vector in ["/link-stylesheet", "/css-import", "/img-srcset", "/refresh", "/form", "/base/"] {
            assert!(message.contains(&format!("http://127.0.0.1:9{vector}")), "{vector}");
        }
        assert!(message.contains("push(`onerror`)") && message.contains("push(`javascript-link`)"));
    }

    #[test]
    fn all_lines_end_in_crlf_and_fit_into_a_message() {
        let message = String::from_utf8(hostile("http://127.0.0.1:9")).expect("UTF-8");
        assert!(message.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    }
}
