use super::*;
use proptest::prelude::*;
use std::vec;

#[test]
fn examples_of_the_specification() {
    for case in testvectors::load("pac/lzxpress-huffman.txt") {
        let output = case.bytes("output");
        assert_eq!(
            decompress(&case.bytes("input"), output.len()),
            Ok(output),
            "{case}"
        );
    }
}

#[test]
fn a_match_may_be_longer_than_two_bytes_tell() {
    for case in testvectors::load("pac/lzxpress-huffman-long.txt") {
        let (input, count) = (case.bytes("input"), case.number("count"));
        let output = case.bytes("byte").repeat(count);
        assert_eq!(decompress(&input, count), Ok(output), "{case}");
        for len in 260..input.len() {
            assert_eq!(
                decompress(&input[..len], count),
                Err(PacFault::Truncated),
                "{case}: {len}"
            );
        }
    }
}

#[test]
fn output_is_exactly_as_long_as_asked_for() {
    let [alphabet, abc] = &testvectors::load("pac/lzxpress-huffman.txt")[..] else {
        panic!()
    };
    let (alphabet, abc) = (alphabet.bytes("input"), abc.bytes("input"));
    assert_eq!(decompress(&alphabet, 0), Ok(vec![]));
    assert_eq!(decompress(&alphabet, 5), Ok(b"abcde".to_vec()));
    // The match is of 297 bytes.
    assert_eq!(decompress(&abc, 299), Err(PacFault::BadContent));
    assert_eq!(decompress(&abc, usize::MAX), Err(PacFault::Truncated));
    assert_eq!(decompress(&[], 1), Err(PacFault::Truncated));
    assert_eq!(decompress(&alphabet[..255], 1), Err(PacFault::Truncated));
    for end in 256..272 {
        assert_eq!(
            decompress(&alphabet[..end], 26),
            Err(PacFault::Truncated),
            "{end}"
        );
    }
}

#[test]
fn codes_fill_the_table_exactly() {
    let table = |length: u8, count: usize| {
        let mut input = vec![0; 300];
        input[..count].fill(length << 4 | length);
        input
    };
    // 512 symbols of nine bits.
    assert_eq!(decompress(&table(9, 256), 1), Ok(vec![0]));
    for (length, count) in [(0, 256), (9, 255), (10, 256), (8, 256), (1, 2), (15, 256)] {
        assert_eq!(
            decompress(&table(length, count), 1),
            Err(PacFault::BadContent),
            "{length} {count}"
        );
    }
}

#[test]
fn a_match_begins_in_the_output() {
    for (symbol, verdict) in [(256, Ok(vec![7; 4])), (256 + 16, Err(PacFault::BadContent))] {
        let mut encoder = Encoder::new();
        encoder.symbol(7);
        encoder.symbol(symbol);
        encoder.bits(0, 1);
        assert_eq!(decompress(&encoder.finish(), 4), verdict);
    }
}

/// What could have been written shorter; nobody does.
#[test]
fn a_long_length_is_long() {
    for length in [&[255, 14, 0][..], &[255, 0, 0, 14, 0, 0, 0]] {
        let mut encoder = Encoder::new();
        encoder.symbol(0);
        encoder.symbol(256 + 15);
        encoder.out.extend(length);
        let input = encoder.finish();
        assert_eq!(decompress(&input, 1 << 17), Err(PacFault::BadContent));
    }
}

proptest! {
    #[test]
    fn what_was_compressed_comes_out(tokens in tokens()) {
        let (input, output) = Encoder::encode(&tokens);
        prop_assert_eq!(decompress(&input, output.len()), Ok(output));
    }

    #[test]
    fn anything_ends_without_panic(input: Vec<u8>, len in 0..0x2_0000_usize) {
        let table = [0x99; 256];
        for input in [&input[..], &[&table, &input[..]].concat()] {
            if let Ok(output) = decompress(input, len) {
                prop_assert_eq!(output.len(), len);
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Token {
    Literal(u8),
    Match { length: usize, distance: usize },
}

fn tokens() -> impl Strategy<Value = Vec<Token>> {
    let length = prop_oneof![3..18_usize, 18..300_usize, 300..40_000_usize];
    let token = prop_oneof![
        any::<u8>().prop_map(Token::Literal),
        (length, 1..0x1_0000_usize).prop_map(|(length, distance)| Token::Match { length, distance }),
    ];
    prop::collection::vec(token, 1..40).prop_map(|mut tokens| {
        let mut len = 0;
        for token in &mut tokens {
            match token {
                Token::Match { distance, .. } if len == 0 => *token = Token::Literal(*distance as u8),
                Token::Match { distance, .. } => *distance = (*distance - 1) % len + 1,
                Token::Literal(_) => {}
            }
            len += match token {
                Token::Literal(_) => 1,
                Token::Match { length, .. } => *length,
            };
        }
        tokens
    })
}

/// MS-XCA section 2.1.4.3, with a code in which every symbol has nine bits.
struct Encoder {
    out: Vec<u8>,
    /// Where the current word and the next one stand.
    words: [usize; 2],
    word: u16,
    free: u32,
}

impl Encoder {
    fn new() -> Self {
        let mut encoder = Self {
            out: vec![],
            words: [0; 2],
            word: 0,
            free: 16,
        };
        encoder.start();
        encoder
    }

    fn start(&mut self) {
        self.out.extend([0x99; 256]);
        let at = self.out.len();
        self.out.extend([0; 4]);
        (self.words, self.word, self.free) = ([at, at + 2], 0, 16);
    }

    fn bits(&mut self, value: usize, count: u32) {
        for bit in (0..count).rev() {
            if self.free == 0 {
                self.flush();
                self.words = [self.words[1], self.out.len()];
                self.out.extend([0; 2]);
                (self.word, self.free) = (0, 16);
            }
            self.free -= 1;
            self.word |= u16::from(value >> bit & 1 == 1) << self.free;
        }
    }

    fn flush(&mut self) {
        self.out[self.words[0]..][..2].copy_from_slice(&self.word.to_le_bytes());
    }

    fn symbol(&mut self, symbol: usize) {
        self.bits(symbol, 9);
    }

    fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }

    fn encode(tokens: &[Token]) -> (Vec<u8>, Vec<u8>) {
        let (mut encoder, mut plain, mut start) = (Self::new(), vec![], 0);
        for token in tokens {
            if plain.len() >= start + 0x1_0000 {
                start = plain.len();
                encoder.flush();
                encoder.start();
            }
            match token {
                Token::Literal(byte) => {
                    encoder.symbol((*byte).into());
                    plain.push(*byte);
                }
                Token::Match { length, distance } => {
                    let bits = distance.ilog2();
                    let rest = length - 3;
                    encoder.symbol(256 + bits as usize * 16 + rest.min(15));
                    match rest {
                        ..15 => {}
                        15..270 => encoder.out.push((rest - 15) as u8),
                        _ => {
                            encoder.out.push(255);
                            encoder.out.extend((rest as u16).to_le_bytes());
                        }
                    }
                    encoder.bits(distance - (1 << bits), bits);
                    for _ in 0..*length {
                        plain.push(plain[plain.len().wrapping_sub(*distance)]);
                    }
                }
            }
        }
        (encoder.finish(), plain)
    }
}
