//! Address lists (RFC 5322, 3.4): taken apart by the MIME library, decoded by ours.

use crate::{Address, header};
use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, HeaderValue};

/// The people and lists of a raw header. Members of groups stand in a row with the others; a group without members, such as
/// `undisclosed-recipients:;`, stands for itself.
pub(crate) fn addresses(raw: &[u8], fallback: Option<&str>) -> Vec<Address> {
    let normal = header::normalise(raw, fallback);
    let HeaderValue::Address(list) = MessageStream::new(&normal).parse_address() else { return Vec::new() };
    let found = match &list {
        mail_parser::Address::List(list) => list.iter().filter_map(address).collect(),
        mail_parser::Address::Group(groups) => groups.iter().flat_map(group).collect::<Vec<_>>(),
    };
    found.into_iter().filter(|one| !one.name.is_empty() || !one.address.is_empty()).collect()
}

fn group(group: &mail_parser::Group<'_>) -> Vec<Address> {
    if group.addresses.is_empty() {
        let name = header::clean(group.name.as_deref().unwrap_or_default());
        return vec![Address { name, address: String::new() }];
    }
    group.addresses.iter().filter_map(address).collect()
}

fn address(addr: &Addr<'_>) -> Option<Address> {
    let name = header::clean(addr.name.as_deref().unwrap_or_default());
    let address = header::clean(addr.address.as_deref().unwrap_or_default());
    (!name.is_empty() || !address.is_empty()).then_some(Address { name, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &[u8]) -> Vec<String> {
        addresses(raw, None).into_iter().map(|one| format!("{}|{}", one.name, one.address)).collect()
    }

    #[test]
    fn lists_names_groups_and_comments() {
        for (raw, expected) in [
            (&b"robin@waypost.example"[..], &["|robin@waypost.example"][..]),
            (b"Robin Ashdown <robin@waypost.example>", &["Robin Ashdown|robin@waypost.example"]),
            (
                b"\"Ashdown, Robin\" <r@w.example>,\r\n kim@w.example",
                &["Ashdown, Robin|r@w.example", "|kim@w.example"],
            ),
            (b"robin@waypost.example (Robin)", &["Robin|robin@waypost.example"]),
            (
                b"Keepers: a@b.example, Bo <bo@b.example>;, c@d.example",
                &["|a@b.example", "Bo|bo@b.example", "|c@d.example"],
            ),
            (b"undisclosed-recipients:;", &["undisclosed-recipients|"]),
            (b"\"a \\\"quoted\\\" name\" <q@b.example>", &["a \"quoted\" name|q@b.example"]),
            (b"", &[]),
            (b" , ,, ", &[]),
        ] {
            assert_eq!(shown(raw), expected, "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn names_are_decoded_but_never_become_structure() {
        for (raw, expected) in [
            (
                &b"=?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_Wei=C3?= =?utf-8?Q?=9F?= <j@w.example>"[..],
                "Jürgen Weiß|j@w.example",
            ),
            (b"\"=?iso-8859-1?Q?M=FCller,_Ida?=\" <i@w.example>", "Müller, Ida|i@w.example"),
            (
                b"=?utf-8?Q?=22x=22_<admin@bank.example>,?= <thief@far.example>",
                "\"x\" <admin@bank.example>,|thief@far.example",
            ),
            (b"Jos\xe9 <j@w.example>", "José|j@w.example"),
            ("灯台 <t@w.example>".as_bytes(), "灯台|t@w.example"),
            (b"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?= <n@w.example>", "日本|n@w.example"),
        ] {
            assert_eq!(shown(raw), [expected], "{}", String::from_utf8_lossy(raw));
        }
    }
}
