//! Values for the primitive types of a token: the ends of every range, forms that are not DER, and what means something.

use crate::mutate::{Edit, Named};
use negotiate_core::{MechType, Seconds, Timestamp};

/// What to write instead of a content of this universal type.
pub(crate) fn of_type(tag: u8, content: &[u8], path: &str, now: Timestamp) -> Vec<Named> {
    let (kind, values): (_, Vec<Vec<u8>>) = match tag {
        0x02 | 0x0a => ("integer", integers()),
        0x03 => return bit_strings(content),
        0x04 if path.ends_with("transited/contents") => ("transited", transited()),
        0x04 => return octets(content),
        0x06 => ("oid", object_identifiers(content)),
        0x18 => return times(now),
        0x0c | 0x1b => ("text", texts(content)),
        _ => return Vec::new(),
    };
    let mut edits = named(kind, values);
    if kind == "integer" {
        let (first, forms) = (content.first().copied().unwrap_or(0), [1, 4, 9]);
        let sign = if first & 0x80 == 0 { 0 } else { 0xff };
        edits.extend(forms.map(|more| ("integer-padded", Edit::Prepend(vec![sign; more]))));
    }
    edits
}

/// What to write instead of bytes that have no tag.
pub(crate) fn raw(bytes: &[u8], path: &str) -> Vec<Named> {
    let mut edits = octets(bytes);
    if bytes.len() <= 4 {
        edits.extend(flips(bytes, 8 * bytes.len()).map(|bytes| ("bit", Edit::Content(bytes))));
    }
    if path.ends_with("Exts") {
        let extensions: [&[u8]; 6] = [
            &[0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 2, 0, 0, 0, 1, 7],
            &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 7, 0, 0, 0, 1, 0, 0, 0, 0],
            &[0, 0, 0, 2, 0, 0, 0, 2, 7],
            &[0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 7],
            &[0, 0, 0, 2, 0, 0, 0],
        ];
        edits.extend(named("extension", extensions.map(<[u8]>::to_vec).to_vec()));
    }
    edits
}

pub(crate) fn named(kind: &'static str, values: Vec<Vec<u8>>) -> Vec<Named> {
    values
        .into_iter()
        .map(|value| (kind, Edit::Content(value)))
        .collect()
}

fn integers() -> Vec<Vec<u8>> {
    let small = (-1..=26).chain([96, 97, 100, 127, 128, 129, 141, 142, 143, 144, 255, 256, 512]);
    let large = [
        0x8003,
        0x8004,
        999_999,
        1_000_000,
        i64::from(i32::MAX),
        i64::from(i32::MAX) + 1,
        i64::from(u32::MAX),
        i64::from(u32::MAX) + 1,
        i64::MAX,
        -128,
        -129,
        -138,
        -255,
        i64::from(i32::MIN),
        i64::from(i32::MIN) - 1,
        i64::MIN,
    ];
    let mut contents: Vec<Vec<u8>> = small.chain(large).map(minimal).collect();
    contents.extend([vec![], vec![1; 9], vec![0x80; 9], vec![0x7f; 17]]);
    contents
}

fn minimal(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let is_superfluous = |pair: &[u8]| matches!((pair[0], pair[1] & 0x80), (0, 0) | (0xff, 0x80));
    let start = bytes.windows(2).take_while(|pair| is_superfluous(pair)).count();
    bytes[start..].to_vec()
}

fn flips(bytes: &[u8], bits: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..bits).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 0x80 >> (bit % 8);
        flipped
    })
}

fn bit_strings(content: &[u8]) -> Vec<Named> {
    let (unused, bits) = content.split_first().unwrap_or((&0, &[]));
    let with = |unused: u8, bits: &[u8]| [&[unused], bits].concat();
    let mut edits: Vec<Named> = flips(bits, 8 * bits.len())
        .map(|bits| ("bit", Edit::Content(with(*unused, &bits))))
        .collect();
    edits.extend(named(
        "bits-form",
        vec![
            vec![],
            with(0, &[]),
            with(1, &[]),
            with(8, bits),
            with(255, bits),
            with(7, bits),
            with(7, &[bits, &[0]].concat()),
            with(0, &[bits, &[0]].concat()),
            with(0, &[bits, &[0xff]].concat()),
            with(0, &[bits, &[0xff; 60]].concat()),
            with(0, bits.get(..1).unwrap_or_default()),
            with(0, bits.get(..3).unwrap_or_default()),
            with(1, &[0xff; 4]),
            with(3, &[0xff; 4]),
        ],
    ));
    edits
}

fn octets(content: &[u8]) -> Vec<Named> {
    let mut values = vec![
        vec![],
        vec![0],
        vec![0; content.len()],
        vec![0xff; content.len()],
        [content, &[0]].concat(),
        [content, content].concat(),
    ];
    if let ([first, middle @ ..], [without_last @ .., _]) = (content, content) {
        values.extend([
            middle.to_vec(),
            without_last.to_vec(),
            [&[first ^ 0x80], middle].concat(),
            [without_last, &[content[content.len() - 1] ^ 1]].concat(),
        ]);
    }
    named("octets", values)
}

/// Lists of realms (RFC 4120 section 3.3.3.2), well formed and not.
fn transited() -> Vec<Vec<u8>> {
    let lists = [
        "",
        ",",
        ",,",
        ",,,",
        ", TEST",
        "TEST, ",
        ", ,TEST",
        " ",
        "\\",
        "A\\",
        "\\,",
        "A\\,B",
        "CONFORMANCE.TEST",
        "TEST",
        "EAST.CONFORMANCE.TEST",
        "CONFORMANCE.TEST,EAST.",
        "EAST.",
        ".",
        "..",
        "A..",
        ".A",
        "/",
        "/A",
        "/A,/B",
        " /A",
        "A,/B",
        "EDU,MIT.,ATHENA.",
        ",CONFORMANCE.TEST",
        "CONFORMANCE.TEST,",
        ",CONFORMANCE.TEST,",
        ",EDU,",
        "EDU,,",
        "TEST,,A.B.CONFORMANCE.TEST",
        " CONFORMANCE.TEST",
        "CONFORMANCE.TEST ",
        "conformance.test",
        "MIT.TEST",
        "TEST,MIT.",
        "X\0Y",
        "\0",
        "ä",
        "X:Y",
    ];
    let mut contents = lists.map(|list| list.as_bytes().to_vec()).to_vec();
    contents.extend([vec![b'A'; 600], b"A,".repeat(200), b"A.,".repeat(40), vec![0xff]]);
    contents
}

fn object_identifiers(content: &[u8]) -> Vec<Vec<u8>> {
    let known = [
        MechType::SPNEGO,
        MechType::KRB5,
        MechType::MS_KRB5,
        MechType::NTLMSSP,
        MechType::NEGOEX,
        MechType::IAKERB,
    ];
    let mut contents: Vec<Vec<u8>> = known.map(|mech_type| mech_type.contents().to_vec()).to_vec();
    // Kerberos' own in older documents (RFC 1964 section 1, and the one before it), and user to user.
    contents.extend([
        b"\x2b\x05\x01\x05\x02".to_vec(),
        b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02\x03".to_vec(),
        vec![],
        vec![0x80],
        [content, &[0x80]].concat(),
        [content, &[0x80, 1]].concat(),
        [content, &[1]].concat(),
        content[..content.len().saturating_sub(1)].to_vec(),
    ]);
    contents
}

fn times(now: Timestamp) -> Vec<Named> {
    let text = |time: Timestamp| {
        let (year, month, day, hour, minute, second) = time.civil();
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
    };
    let distances = [0, 1, 60, 299, 300, 301, 302, 3600, 86_400, 86_400 * 366].map(Seconds);
    let near = distances
        .into_iter()
        .flat_map(|by| [now.plus(by), now.minus(by)])
        .map(text);
    let values = near.chain(
        [
            "19700101000000Z",
            "19700101000001Z",
            "19691231235959Z",
            "20380119031407Z",
            "20380119031408Z",
            "21060207062815Z",
            "21060207062816Z",
            "99991231235959Z",
            "00000101000000Z",
        ]
        .map(str::to_owned),
    );
    let good = text(now.plus(Seconds(240)));
    let digits = &good[..14];
    let odd = [
        digits.to_owned(),
        format!("{digits}z"),
        format!("{digits}+0000"),
        format!("{digits}.0Z"),
        format!("{digits}.5Z"),
        format!("{}Z", &digits[..12]),
        format!("{}Z", &digits[2..]),
        format!("{}60Z", &digits[..12]),
        format!("{}61Z", &digits[..12]),
        format!("{}240000Z", &digits[..8]),
        format!("{}6000Z", &digits[..10]),
        "20261301000000Z".to_owned(),
        "20260001000000Z".to_owned(),
        "20260230000000Z".to_owned(),
        "20260431000000Z".to_owned(),
        "20260132000000Z".to_owned(),
        "20260100000000Z".to_owned(),
        " 0261122055848Z".to_owned(),
        "+0261122055848Z".to_owned(),
        "2026112205584 Z".to_owned(),
        "2026112205584aZ".to_owned(),
        String::new(),
    ];
    let edits = |kind, values: Vec<String>| named(kind, values.into_iter().map(String::into_bytes).collect());
    let mut all = edits("time", values.collect());
    all.extend(edits("time-form", odd.into()));
    all
}

fn texts(content: &[u8]) -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = [
        "",
        "a",
        "@",
        "/",
        "\\",
        " ",
        "a/b",
        "a@b",
        "a\\b",
        "a\nb",
        "a\tb",
        "a\u{8}b",
        "a\0b",
        "\0",
        "ä",
        "\u{7f}",
        "WELLKNOWN",
        "ANONYMOUS",
        "WELLKNOWN:ANONYMOUS",
        "RESERVED:X",
        "krbtgt",
        "HTTP",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    values.extend([
        vec![0xff],
        vec![0xc3],
        vec![b'x'; 300],
        content.to_ascii_uppercase(),
        content.to_ascii_lowercase(),
        [content, b"x"].concat(),
        [content, b"\0"].concat(),
        [content, b"\0x"].concat(),
        [b"\0", content].concat(),
        content.get(1..).unwrap_or_default().to_vec(),
    ]);
    values
}
