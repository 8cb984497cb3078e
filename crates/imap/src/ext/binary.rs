//! BINARY (RFC 3516; RFC 9051): parts, decoded by the server. `BINARY[...]` comes as a body section like `BODY[...]` does
//! (`grammar/fetch.rs`); APPEND of binary literals is in `commands/append.rs`.

use super::{Extension, NOTHING};
use crate::grammar::core::{item_value, number, number64, sp};
use crate::grammar::{Parsed, Reading};
use crate::types::{Attribute, Fetched, ResponseCode};
use nom::Parser as _;
use nom::character::complete::char;
use nom::multi::separated_list0;
use nom::sequence::delimited;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["BINARY"],
    codes: &[("UNKNOWN-CTE", |input, _| Ok((input, ResponseCode::UnknownCte)))],
    items: &[("BINARY.SIZE", binary_size)],
    ..NOTHING
};

/// ```abnf
/// msg-att-static =/ "BINARY.SIZE" section-binary SP number
/// section-binary = "[" [section-part] "]"
/// section-part = nz-number *("." nz-number)
/// ```
fn binary_size<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let part = separated_list0(char('.'), number);
    let (rest, part) = delimited(char('['), part, char(']')).parse(input)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, octets) = item_value(number64)(rest)?;
    fetched.attributes.push(Attribute::BinarySize { part, octets });
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3516_4_3_code_reads() {
        assert_eq!(ResponseCode::parse(b"[UNKNOWN-CTE]"), Some(ResponseCode::UnknownCte));
    }

    #[test]
    fn rfc_3516_4_3_sizes_read_beside_other_items() {
        let fetched =
            Fetched::parse(1, b"(BINARY.SIZE[1.2] 4096 BINARY.SIZE[] 5 UID 7 BINARY.SIZE[x] 1)").unwrap();
        let size = |part: &[u32], octets| Attribute::BinarySize { part: part.to_vec(), octets };
        assert_eq!(fetched.attributes, [size(&[1, 2], 4096), size(&[], 5)]);
        assert_eq!(fetched.uid.map(crate::types::Uid::as_u32), Some(7));
        assert_eq!(fetched.unparsed.len(), 1);
    }

    #[test]
    fn decoded_parts_are_told_from_those_as_stored() {
        let fetched =
            Fetched::parse(1, b"(BODY[1] \"YQ==\" BINARY[1] \"a\" binary[1]<0> ~{1}\r\na)").unwrap();
        let decoded: Vec<_> = fetched.bodies.iter().map(|body| (body.decoded, body.origin)).collect();
        assert_eq!(decoded, [(false, None), (true, None), (true, Some(0))]);
    }
}
