//! Pictures of the sample, drawn here: a lighthouse at dusk, an apple, a small bus.

use super::files::crc32;

type Colour = [f64; 3];

/// A lighthouse at dusk, 640 by 240.
pub(super) fn lighthouse() -> Vec<u8> {
    png(640, 240, |x, y| {
        let mut colour = mix(rgb(0x1e_2a_4a), rgb(0xf0_a8_60), (y / 170.0).min(1.0));
        if STARS.iter().any(|(at, up)| (x - at).hypot(y - up) < 1.0) {
            colour = rgb(0xff_f4_d8);
        }
        if (x - 560.0).hypot(y - 46.0) < 17.0 && (x - 552.0).hypot(y - 41.0) > 15.0 {
            colour = rgb(0xf7_ee_d2);
        }
        // The beam: two wedges of light that fade with the distance.
        let (dx, dy) = ((x - LAMP.0).abs(), (y - LAMP.1).abs());
        if dx > 8.0 && dy < 3.0 + dx * 0.12 {
            colour = mix(rgb(0xff_e9_a8), colour, (0.35 + dx / 420.0).min(1.0));
        }
        if y > 170.0 {
            colour = mix(rgb(0x2c_4a_63), rgb(0x12_20_36), (y - 170.0) / 70.0);
            // Glints below the lamp, shorter the farther they are from it.
            let row = ((y - 170.0) / 9.0).floor();
            if (y - 170.0) % 9.0 < 2.0 && (x - LAMP.0 - 130.0 - row * 31.0).abs() < 70.0 - row * 6.0 {
                colour = mix(colour, rgb(0xff_e9_a8), 0.35);
            }
        }
        if let Some(painted) = tower(x, y) {
            colour = painted;
        }
        colour
    })
}

fn tower(x: f64, y: f64) -> Option<Colour> {
    let across = (x - LAMP.0).abs();
    let rock = 202.0 - 48.0 * (-(x - 205.0).powi(2) / 6400.0).exp();
    if y > rock && y < 194.0 {
        return Some(rgb(0x2b_24_28));
    }
    if (76.0..160.0).contains(&y) && across < 10.0 + (y - 76.0) * 0.09 {
        let stripe = ((y - 76.0) / 25.5) as i64 % 2 == 0;
        let shade = ((x - LAMP.0) / 44.0 + 0.18).clamp(0.0, 0.4);
        return Some(mix(if stripe { rgb(0xf6_f1_e6) } else { rgb(0xc5_48_37) }, rgb(0x28_20_30), shade));
    }
    if (72.0..76.0).contains(&y) && across < 15.0 {
        return Some(rgb(0x2b_24_28));
    }
    if (54.0..72.0).contains(&y) && across < 8.0 {
        return Some(if (x - LAMP.0).hypot(y - LAMP.1) < 6.5 { rgb(0xff_f3_b8) } else { rgb(0x5a_52_58) });
    }
    ((44.0..54.0).contains(&y) && across < (y - 43.0) * 1.1).then(|| rgb(0xc5_48_37))
}

/// An apple, 120 by 120.
pub(super) fn apple() -> Vec<u8> {
    png(120, 120, |x, y| {
        let body = (x - 46.0).hypot((y - 70.0) * 0.92) < 32.0 || (x - 74.0).hypot((y - 70.0) * 0.92) < 32.0;
        let leaf = (x - 76.0).hypot(y - 16.0) < 20.0 && (x - 62.0).hypot(y - 36.0) < 24.0;
        let stem = (x - 60.0 - (52.0 - y) * 0.12).abs() < 2.4 && (24.0..52.0).contains(&y);
        match (stem, leaf, body) {
            (true, ..) => rgb(0x5b_3b_22),
            (_, true, _) => rgb(0x6b_9a_3c),
            (.., true) => mix(rgb(0xd8_4b_33), rgb(0x8e_1f_22), (x + y) / 260.0),
            _ => rgb(0xfb_f7_ee),
        }
    })
}

/// A bus, 200 by 100.
pub(super) fn bus() -> Vec<u8> {
    png(200, 100, |x, y| {
        let wheel = |centre: f64| (x - centre).hypot(y - 76.0) < 12.0;
        let window = (30.0..46.0).contains(&y) && (26.0..170.0).contains(&x) && (x - 26.0) % 30.0 < 24.0;
        let body = (20.0..76.0).contains(&y) && (16.0..184.0).contains(&x);
        match (wheel(52.0) || wheel(148.0), window, body) {
            (true, ..) => rgb(0x2d_2d_33),
            (_, true, _) => rgb(0xcf_e6_ef),
            (.., true) if y > 56.0 && y < 62.0 => rgb(0xff_ff_ff),
            (.., true) => rgb(0x2f_6f_73),
            _ if y > 86.0 => rgb(0xd9_d2_c5),
            _ => rgb(0xf4_ef_e6),
        }
    })
}

const STARS: [(f64, f64); 16] = [
    (34.0, 18.0),
    (71.0, 9.0),
    (118.0, 30.0),
    (152.0, 12.0),
    (247.0, 22.0),
    (281.0, 8.0),
    (322.0, 27.0),
    (366.0, 14.0),
    (398.0, 41.0),
    (441.0, 11.0),
    (486.0, 29.0),
    (517.0, 9.0),
    (598.0, 16.0),
    (622.0, 47.0),
    (604.0, 78.0),
    (20.0, 33.0),
];
/// Where the lamp of the lighthouse is.
const LAMP: (f64, f64) = (200.0, 63.0);

fn rgb(hex: u32) -> Colour {
    [16, 8, 0].map(|shift| f64::from(hex >> shift & 0xff))
}

fn mix(from: Colour, to: Colour, share: f64) -> Colour {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * share)
}

/// A true-colour PNG; each pixel is the mean of four points, which smooths edges.
fn png(width: u32, height: u32, paint: impl Fn(f64, f64) -> Colour) -> Vec<u8> {
    let mut rows: Vec<Vec<u8>> = Vec::new();
    for y in 0..height {
        let pixel = |x: u32| {
            let points = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
            let colours = points.map(|(dx, dy)| paint(f64::from(x) + dx, f64::from(y) + dy));
            [0, 1, 2].map(|channel| {
                (colours.iter().map(|colour| colour[channel]).sum::<f64>() / 4.0).round() as u8
            })
        };
        rows.push((0..width).flat_map(pixel).collect());
    }
    let mut filtered = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        // Filter "up": what does not change from row to row becomes zeros.
        filtered.push(2);
        let above = at.checked_sub(1).map(|above| &rows[above]);
        filtered.extend(
            row.iter().enumerate().map(|(x, octet)| octet.wrapping_sub(above.map_or(0, |above| above[x]))),
        );
    }
    let mut header = [width, height].map(u32::to_be_bytes).concat();
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", zlib(&filtered)), (b"IEND", vec![])] {
        let checked = [&kind[..], &data].concat();
        file.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
        file.extend_from_slice(&checked);
        file.extend_from_slice(&crc32(&checked).to_be_bytes());
    }
    file
}

/// RFC 1950 and 1951: one block with the fixed codes, whose only matches repeat the pixel before.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut bits = Bits { octets: vec![0x78, 0x01], waiting: 0, count: 0 };
    bits.push(0b011, 3);
    let mut at = 0;
    while at < data.len() {
        let run = (at..data.len())
            .take(LONGEST_MATCH)
            .take_while(|next| *next >= PIXEL && data[*next] == data[next - PIXEL])
            .count();
        // Lengths 3 to 10 and 258 have codes without extra bits.
        let length = if run == LONGEST_MATCH { run } else { run.min(10) };
        if length < 3 {
            bits.literal(data[at]);
            at += 1;
        } else {
            bits.matched(length);
            at += length;
        }
    }
    bits.code(0, 7);
    bits.push(0, (8 - bits.count) % 8);
    bits.octets.extend_from_slice(&adler32(data).to_be_bytes());
    bits.octets
}

struct Bits {
    octets: Vec<u8>,
    waiting: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, width: u32) {
        self.waiting |= value << self.count;
        self.count += width;
        while self.count >= 8 {
            self.octets.push(self.waiting.to_le_bytes()[0]);
            self.waiting >>= 8;
            self.count -= 8;
        }
    }

    /// Huffman codes begin with their highest bit.
    fn code(&mut self, code: u32, width: u32) {
        self.push(code.reverse_bits() >> (32 - width), width);
    }

    fn literal(&mut self, octet: u8) {
        let octet = u32::from(octet);
        if octet < 144 { self.code(0x30 + octet, 8) } else { self.code(0x190 + octet - 144, 9) }
    }

    fn matched(&mut self, length: usize) {
        if length == LONGEST_MATCH {
            self.code(0xc0 + 285 - 280, 8);
        } else {
            self.code(u32::try_from(length - 2).unwrap_or(1), 7);
        }
        // Distance 3 is code 2.
        self.code(2, 5);
    }
}

fn adler32(data: &[u8]) -> u32 {
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), octet| {
        let low = (low + u32::from(*octet)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

const PIXEL: usize = 3;
const LONGEST_MATCH: usize = 258;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_packed_as_the_fixed_codes_say() {
        // Three literals, a match of 3 at distance 3, the end; Python's zlib gives the six zeros back.
        assert_eq!(zlib(&[0; 6]), [0x78, 0x01, 0x63, 0x60, 0x60, 0x00, 0x22, 0x00, 0x00, 0x06, 0x00, 0x01]);
    }

    #[test]
    fn pictures_stay_small() {
        for picture in [lighthouse(), apple(), bus()] {
            assert!(picture.starts_with(b"\x89PNG") && picture.len() < 70_000, "{}", picture.len());
        }
    }
}
