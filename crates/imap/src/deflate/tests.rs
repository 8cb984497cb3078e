//! Both directions beside another DEFLATE.

use super::{Compressor, Inflater, distance_run, length_run};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use proptest::prelude::*;

/// All that comes of a stream that comes in parts of `part` octets and is given in pieces; then whether it broke.
fn inflated(stream: &[u8], part: usize, piece: usize) -> (Vec<u8>, bool) {
    let mut inflater = Inflater::new();
    let (mut all, mut held) = (Vec::new(), Vec::new());
    for part in stream.chunks(part) {
        held.extend_from_slice(part);
        loop {
            let Ok((taken, octets)) = inflater.inflate(&held, piece) else { return (all, true) };
            all.extend_from_slice(octets);
            assert!(octets.len() <= piece);
            let given = octets.len();
            held.drain(..taken);
            if given == 0 {
                break;
            }
        }
    }
    (all, false)
}

/// The same by zlib; of a stream that ends, the end is no break.
fn theirs(stream: &[u8]) -> (Vec<u8>, Option<bool>) {
    let mut decompress = Decompress::new(false);
    let mut all = Vec::new();
    let mut room = vec![0; 1 << 16];
    loop {
        let taken = decompress.total_in() as usize;
        let before = decompress.total_out();
        let status = decompress.decompress(&stream[taken..], &mut room, FlushDecompress::Sync);
        let given = (decompress.total_out() - before) as usize;
        all.extend_from_slice(&room[..given]);
        match status {
            Err(_) => return (all, Some(true)),
            Ok(Status::StreamEnd) => return (all, None),
            Ok(_) if given == 0 => return (all, Some(false)),
            Ok(_) => {}
        }
    }
}

fn compressed(octets: &[u8], level: u32, flush: FlushCompress) -> Vec<u8> {
    let mut compress = Compress::new(Compression::new(level), false);
    let mut stream = Vec::with_capacity(octets.len() * 2 + 1000);
    compress.compress_vec(octets, &mut stream, flush).unwrap();
    stream
}

/// Lines that repeat each other somewhat, then octets of no order.
fn sample(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let mut octets = Vec::new();
    while octets.len() < length / 2 {
        octets.extend(format!("* {} FETCH (UID {} FLAGS (\\Seen))\r\n", random() % 500, random()).bytes());
    }
    octets.extend((octets.len()..length).map(|_| random() as u8));
    octets.truncate(length);
    octets
}

#[test]
fn what_zlib_compressed_inflates_in_parts_and_pieces() {
    for (length, level) in [(0, 6), (1, 6), (300, 1), (5_000, 9), (200_000, 6), (200_000, 0), (150_000, 1)] {
        let octets = sample(length, 7);
        let stream = compressed(&octets, level, FlushCompress::Sync);
        for (part, piece) in [(1, 1 << 20), (7, 11), (1 << 20, 1000), (1 << 20, 1 << 20)] {
            let (given, broken) = inflated(&stream, part, piece);
            assert!(given == octets && !broken, "{length} octets at level {level} in parts of {part}");
        }
    }
}

#[test]
fn what_was_compressed_is_inflated_by_zlib() {
    for length in [0, 1, 2, 3, 100, 5_000, 32_768, 32_769, 70_000, 300_000] {
        let octets = sample(length, 3);
        let mut compressor = Compressor::new();
        // As commands and messages come: in parts, each flushed, each like those before.
        let stream: Vec<u8> = octets.chunks(20_000).flat_map(|part| compressor.compress(part)).collect();
        let (given, broken) = theirs(&stream);
        assert!(given == octets && broken == Some(false), "{length} octets");
        assert!(inflated(&stream, 1 << 20, 1 << 20) == (octets, false));
    }
}

#[test]
fn messages_and_commands_become_small() {
    let base64: Vec<u8> = sample(60_000, 5)
        .iter()
        .map(|octet| {
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[usize::from(octet % 64)]
        })
        .collect();
    // Six bits of eight, and something for the codes.
    assert!(Compressor::new().compress(&base64[30_000..]).len() < 30_000 * 78 / 100);
    let lines = &sample(60_000, 5)[..30_000];
    let zlib = compressed(lines, 6, FlushCompress::Sync).len();
    assert!(Compressor::new().compress(lines).len() < zlib * 115 / 100);
    let mut compressor = Compressor::new();
    compressor.compress(b"w1 UID FETCH 1:200 (UID FLAGS ENVELOPE)\r\n");
    assert!(compressor.compress(b"w2 UID FETCH 1:300 (UID FLAGS ENVELOPE)\r\n").len() < 20);
}

/// The tables of RFC 1951, 3.2.5.
#[test]
fn codes_stand_for_the_values_of_the_standard() {
    for (code, run) in [
        (257, (3, 0)),
        (264, (10, 0)),
        (265, (11, 1)),
        (268, (17, 1)),
        (269, (19, 2)),
        (284, (227, 5)),
        (285, (258, 0)),
    ] {
        assert_eq!(length_run(code), Some(run));
    }
    assert_eq!((length_run(256), length_run(286)), (None, None));
    for (code, run) in [(0, (1, 0)), (3, (4, 0)), (4, (5, 1)), (5, (7, 1)), (6, (9, 2)), (29, (24_577, 13))] {
        assert_eq!(distance_run(code), Some(run));
    }
    assert_eq!(distance_run(30), None);
}

#[test]
fn a_copy_from_before_the_beginning_is_refused() {
    // Fixed codes: a length of three from one octet back, and nothing was before.
    assert!(inflated(&[0b0000_0010, 0b0000_0010, 0, 0], 4, 100).1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_octets_inflate_or_break_as_by_zlib(mut octets in prop::collection::vec(any::<u8>(), 1..200), kind in 0..3_u8) {
        // Random octets rarely begin a block with codes of its own.
        octets[0] = octets[0] & !6 | kind << 1;
        same(&octets)?;
    }

    #[test]
    fn damaged_streams_inflate_or_break_as_by_zlib(seed: u32, length in 10..3_000_usize, level in 0..10_u32, at: prop::sample::Index, bit in 0..8) {
        let mut stream = compressed(&sample(length, seed), level, FlushCompress::Finish);
        let at = at.index(stream.len());
        stream[at] ^= 1_u8 << bit;
        same(&stream)?;
    }

    #[test]
    fn what_is_compressed_in_any_parts_comes_back(parts in prop::collection::vec((0..2_000_usize, any::<u8>()), 0..6)) {
        let mut compressor = Compressor::new();
        let (mut stream, mut all) = (Vec::new(), Vec::new());
        for (length, seed) in parts {
            let octets = sample(length, u32::from(seed % 3));
            stream.extend(compressor.compress(&octets));
            all.extend(octets);
        }
        prop_assert_eq!(theirs(&stream), (all.clone(), Some(false)));
        prop_assert_eq!(inflated(&stream, 5, 50), (all, false));
    }
}

fn same(stream: &[u8]) -> Result<(), TestCaseError> {
    let (octets, broken) = theirs(stream);
    let (ours, ours_broken) = inflated(stream, 3, 1 << 20);
    match broken {
        // After the end of a stream nothing may come, and the end itself is one.
        None => prop_assert!(ours == octets && ours_broken),
        // What is given before it breaks differs by how far each looks ahead.
        Some(true) => prop_assert!(ours_broken && (ours.starts_with(&octets) || octets.starts_with(&ours))),
        Some(false) => prop_assert!(ours == octets && !ours_broken),
    }
    Ok(())
}
