//! `format=flowed` (RFC 3676): soft line ends are joined, stuffed spaces taken out, quote marks kept.

/// Joins the paragraphs of a flowed text. Lines end in LF.
pub(crate) fn join(text: &str, delete_space: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let depth = line.bytes().take_while(|octet| *octet == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        // RFC 3676, 4.5: a change of depth ends a paragraph, whatever the line before it says.
        if open != Some(depth) || signature {
            if open.is_some() {
                joined.push('\n');
            }
            push_marks(&mut joined, depth);
        }
        let flows = content.ends_with(' ') && !signature;
        let kept = if flows && delete_space { &content[..content.len() - 1] } else { content };
        joined.push_str(kept);
        open = flows.then_some(depth);
        if !flows {
            joined.push('\n');
        }
    }
    // `split` gives one more line than there are line ends.
    if joined.ends_with('\n') {
        joined.pop();
    }
    joined
}

fn push_marks(joined: &mut String, depth: usize) {
    for _ in 0..depth {
        joined.push('>');
    }
    if depth > 0 {
        joined.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_ends_join_and_fixed_ends_stay() {
        assert_eq!(join("one \ntwo \nthree\nfour\n", false), "one two three\nfour\n");
        assert_eq!(join("灯 \n塔\n", true), "灯塔\n");
        assert_eq!(join(" > not a quote\n From here\n", false), "> not a quote\nFrom here\n");
        assert_eq!(join("", false), "");
        assert_eq!(join("open ", false), "open ");
    }

    #[test]
    fn quotes_join_within_their_depth_only() {
        assert_eq!(join("> a \n> b\n>> c \n> d\ne\n", false), "> a b\n>> c \n> d\ne\n");
    }

    #[test]
    fn a_signature_mark_is_a_line_of_its_own() {
        assert_eq!(join("bye \n-- \nKim\n", false), "bye \n-- \nKim\n");
    }
}
