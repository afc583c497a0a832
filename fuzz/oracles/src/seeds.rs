//! Seeds: what the test vectors have for each target. Targets whose input is a script have none; libFuzzer finds scripts
//! soon enough.

use crate::forge;
use crate::tlv;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use negotiate_core::MechType;
use testvectors::{
    Case, captures, ccache_captures, exchange_captures, keytab_captures, load, ntlm_captures,
    user_to_user_captures,
};

/// Real tokens, their answers, and tokens by hand.
pub(crate) fn tokens() -> Vec<Vec<u8>> {
    let captured = captures().into_iter().flat_map(|capture| {
        let answer = capture.acceptor_token();
        [Some(capture.initiator_token()), answer]
    });
    let by_hand = SPNEGO.into_iter().flat_map(load).map(|case| case.bytes("token"));
    captured.flatten().chain(by_hand).collect()
}

const SPNEGO: [&str; 5] = [
    "spnego/framing.txt",
    "spnego/malformed.txt",
    "spnego/neg-token-init.txt",
    "spnego/neg-token-init2.txt",
    "spnego/neg-token-resp.txt",
];

/// Tokens, and the AP-REQs in them without framing.
pub(crate) fn kerberos_tokens() -> Vec<Vec<u8>> {
    let mut tokens = tokens();
    tokens.extend(
        user_to_user_captures()
            .iter()
            .map(testvectors::UserToUserCapture::initiator_token),
    );
    let bare: Vec<_> = tokens.iter().filter_map(|token| inner_ap_req(token)).collect();
    tokens.into_iter().chain(bare).chain(tgt_reqs()).collect()
}

/// Requests for the acceptor's own ticket (draft-swift-win2k-krb-user2user-03), by themselves, in their framing and in SPNEGO.
pub(crate) fn tgt_reqs() -> Vec<Vec<u8>> {
    const HEAD: &[u8] = b"\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x10";
    const NAME: &[u8] = b"\xa2\x18\x30\x16\xa0\x03\x02\x01\x03\xa1\x0f\x30\x0d\x1b\x07TERMSRV\x1b\x02dc";
    const REALM: &[u8] = b"\xa3\x08\x1b\x06DOMAIN";
    let contents = [HEAD.to_vec(), [HEAD, NAME].concat(), [HEAD, NAME, REALM].concat()];
    let of_length =
        |tag, content: Vec<u8>| [&[tag, u8::try_from(content.len()).expect("short")], &*content].concat();
    let oid = MechType::KRB5_USER_TO_USER.contents();
    contents
        .into_iter()
        .flat_map(|content| {
            let bare = of_length(0x30, content);
            let framing = [of_length(6, oid.to_vec()), vec![4, 0], bare.clone()].concat();
            let framed = of_length(0x60, framing);
            let spnego = forge::neg_token_init(&[MechType::MS_KRB5], &framed);
            [bare, framed, spnego]
        })
        .collect()
}

/// The AP-REQ in a token, found by the TOK_ID before it.
pub(crate) fn inner_ap_req(token: &[u8]) -> Option<Vec<u8>> {
    let at = token.windows(3).position(|window| window == [1, 0, 0x6e])? + 2;
    let (header, content) = tlv::header(&token[at..])?;
    token.get(at..at + header + content).map(<[u8]>::to_vec)
}

/// DER of every message, good and bad.
pub(crate) fn der() -> Vec<Vec<u8>> {
    let messages = ["krb5/messages.txt", "krb5/not-der.txt", "krb5/kerberos-flags.txt"]
        .into_iter()
        .flat_map(load);
    let encoded = messages.filter_map(|case| encoding(&case, "encoding"));
    encoded.chain(tokens()).collect()
}

/// Keytabs of real tools, and by hand.
pub(crate) fn keytabs() -> Vec<Vec<u8>> {
    let of_captures = captures()
        .into_iter()
        .filter(|capture| capture.case().has("keytab"));
    let by_hand = load("krb5/keytab.txt");
    keytab_captures()
        .iter()
        .map(testvectors::KeytabCapture::keytab)
        .chain(of_captures.map(|capture| capture.keytab()))
        .chain(by_hand.iter().filter_map(|case| encoding(case, "file")))
        .collect()
}

/// PACs of Windows, and single buffers.
pub(crate) fn pacs() -> Vec<Vec<u8>> {
    let files = [
        "pac/windows-mit.txt",
        "pac/windows-gokrb5.txt",
        "pac/malformed.txt",
    ];
    let pacs = files.into_iter().flat_map(load).map(|case| case.bytes("pac"));
    let infos = load("pac/logon-info.txt")
        .into_iter()
        .map(|case| case.bytes("logon-info"));
    let devices = load("pac/device-info.txt")
        .into_iter()
        .map(|case| case.bytes("buffer"));
    pacs.chain(infos).chain(devices).collect()
}

/// Claims of Windows, and compressed data with its length in threes before it.
pub(crate) fn claims() -> Vec<Vec<u8>> {
    let compressed = |len: usize, case: &Case| {
        let threes = u16::try_from(len / 3).unwrap_or(u16::MAX);
        [&threes.to_le_bytes()[..], &case.bytes("input")].concat()
    };
    let examples = load("pac/lzxpress-huffman.txt").into_iter();
    let examples = examples.map(|case| compressed(case.bytes("output").len(), &case));
    let long = load("pac/lzxpress-huffman-long.txt").into_iter();
    let long = long.map(|case| compressed(case.number("count"), &case));
    let claims = load("pac/claims.txt")
        .into_iter()
        .map(|case| case.bytes("buffer"));
    claims.chain(examples).chain(long).collect()
}

/// Tokens as header fields.
pub(crate) fn header_fields() -> Vec<Vec<u8>> {
    let negotiate = |token: Vec<u8>| format!("Negotiate {}", STANDARD.encode(token)).into_bytes();
    let odd = [
        "Negotiate",
        "negotiate\t",
        "Bearer x",
        "Negotiate ,",
        "Negotiate dG9rZW4",
        "Negotiate dG9rZW5=",
    ];
    tokens()
        .into_iter()
        .map(negotiate)
        .chain(odd.map(|field| field.as_bytes().to_vec()))
        .collect()
}

/// Tokens, files and messages of every kind.
pub(crate) fn everything() -> Vec<Vec<u8>> {
    let caches = ccache_captures();
    let messages = exchange_captures()
        .into_iter()
        .flat_map(|capture| capture.messages());
    let per_message = captures().into_iter().flat_map(|capture| capture.per_message());
    let ntlm = ntlm_captures().into_iter().flat_map(|capture| capture.tokens());
    tokens()
        .into_iter()
        .chain(keytabs())
        .chain(caches.iter().map(testvectors::CcacheCapture::ccache))
        .chain(messages.map(|(_, message)| message))
        .chain(per_message.map(|message| message.token))
        .chain(ntlm)
        .chain(tgt_reqs())
        .collect()
}

/// The table of krb5.conf files, two of them divided as the oracle wants it, and one with all that an acceptor reads.
pub(crate) fn krb5_confs() -> Vec<Vec<u8>> {
    let control = |c: char| match u32::from(c) {
        code @ 0x2400..0x2420 => char::from_u32(code - 0x2400).unwrap_or(c),
        _ => c,
    };
    let text = |case: &Case, key: &str| {
        let lines = case
            .lines(key)
            .into_iter()
            .map(|line| bare(line).to_owned() + "\n");
        lines.collect::<String>().chars().map(control).collect::<String>()
    };
    let files = load("krb5/profile.txt").into_iter().map(move |case| {
        let second = case.has("second").then(|| text(&case, "second"));
        let files = [Some(text(&case, "file")), second];
        files
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("\u{1e}")
            .into_bytes()
    });
    files.chain([SETTINGS.as_bytes().to_vec()]).collect()
}

const SETTINGS: &str = "include a\n[libdefaults]\ndefault_realm = A.TEST\nclockskew = 300\n\
    permitted_enctypes = DEFAULT +aes, -rc4 des camellia128-cts x\n[realms]\nA.TEST = {\n\
    auth_to_local = RULE:[1:$1@$0](.*@A)s/@.*//\nauth_to_local = DEFAULT\nauth_to_local_names = {\nalice = al\n}\n}\n\
    [domain_realm]\n.a.test = A.TEST\na.test = A.TEST\n[capaths]\nB.TEST = {\nA.TEST = .\n}\nincludedir b\n\u{1e}\
    [libdefaults]*\nx = 1\n\u{1e}[realms]\nA.TEST = {\nkdc = kdc.a.test\n}*\n";

/// The table of local names.
pub(crate) fn local_names() -> Vec<Vec<u8>> {
    let cases = load("krb5/auth-to-local.txt").into_iter().map(|case| {
        let mut lines = vec![
            case.text("principal").to_owned(),
            case.text("default-realm").to_owned(),
        ];
        if case.has("names") {
            lines.extend(
                case.lines("names")
                    .into_iter()
                    .map(|line| format!("={}", bare(line).replace('|', "="))),
            );
        }
        if case.has("values") {
            lines.extend(case.lines("values").into_iter().map(|line| bare(line).to_owned()));
        }
        lines.join("\n").into_bytes()
    });
    let expressions = [
        "a@A\nA\nRULE:[1:$1;$0](^[[:alpha:]_]+;.{1,3}$)s/(a|ab)(c|bcd)?/x/gs/\\<a\\>/b/",
        "ab/c@B\nA\nRULE:[2:$1$2$0](a*b+c?B)s/[^]-]$//",
    ];
    cases
        .chain(expressions.map(|text| text.as_bytes().to_vec()))
        .collect()
}

/// The text between bars.
fn bare(line: &str) -> &str {
    line.strip_prefix('|')
        .and_then(|line| line.strip_suffix('|'))
        .unwrap_or(line)
}

/// No seeds.
pub(crate) fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

fn encoding(case: &Case, key: &str) -> Option<Vec<u8>> {
    case.has(key).then(|| case.bytes(key))
}
