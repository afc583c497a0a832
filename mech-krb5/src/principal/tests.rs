use super::*;
use alloc::string::String;
use alloc::vec::Vec;
use negotiate_core::NameKind;
use proptest::collection::vec;
use proptest::prelude::*;
use std::string::ToString;

fn principal(components: &[&[u8]], realm: &[u8]) -> Principal {
    Principal::new(NameType::PRINCIPAL, components.iter().copied(), realm).unwrap()
}

fn encoded(name: PrincipalName<'_>) -> Vec<u8> {
    let mut writer = Writer::new();
    name.encode(&mut writer);
    writer.into_bytes()
}

#[test]
fn text_is_parsed_into_components_and_realm() {
    let web = Principal::parse("HTTP/www.example.com@EXAMPLE.COM").unwrap();
    assert!(web.borrow().components().eq([&b"HTTP"[..], b"www.example.com"]));
    assert_eq!(web.realm(), b"EXAMPLE.COM");
    assert_eq!(web.name().name_type(), NameType::PRINCIPAL);
    assert_eq!(web.to_text().as_deref(), Ok("HTTP/www.example.com@EXAMPLE.COM"));
}

// RFC 1964 section 2.1.1.
#[test]
fn separators_and_control_characters_are_escaped() {
    for (components, realm, text) in [
        (&[&b"a/b"[..], b"c@d"][..], &b"R\\S"[..], r"a\/b/c\@d@R\\S"),
        (&[b"\n\t\x08\0"], b"R", r"\n\t\b\0@R"),
        (&[b"", b""], b"", "/@"),
        (&[b"u"], b"C=US/O=OSF", r"u@C=US\/O=OSF"),
    ] {
        let name = principal(components, realm);
        assert_eq!(name.to_text().as_deref(), Ok(text));
        assert_eq!(Principal::parse(text), Ok(name));
    }
    // As MIT reads it: any other quoted character is itself.
    assert_eq!(Principal::parse(r"\a\lice@R"), Ok(principal(&[b"alice"], b"R")));
}

#[test]
fn text_that_is_no_principal_is_refused() {
    let many = "a/".repeat(MAX_COMPONENTS) + "a@R";
    for (text, error) in [
        ("", BadPrincipal::NoRealm),
        ("alice", BadPrincipal::NoRealm),
        (r"alice\@R", BadPrincipal::NoRealm),
        ("alice@R@S", BadPrincipal::SeparatorInRealm),
        ("alice@R/S", BadPrincipal::SeparatorInRealm),
        (r"alice@R\", BadPrincipal::TrailingBackslash),
        (&many, BadPrincipal::TooManyComponents),
    ] {
        assert_eq!(Principal::parse(text), Err(error), "{text}");
    }
    assert_eq!(
        Principal::new(NameType::UNKNOWN, [], b"R"),
        Err(BadPrincipal::NoComponent)
    );
    assert_eq!(
        Principal::new(NameType::UNKNOWN, [&b""[..]; MAX_COMPONENTS + 1], b"R"),
        Err(BadPrincipal::TooManyComponents)
    );
}

#[test]
fn components_suggest_the_name_type() {
    for (text, name_type) in [
        ("alice@R", NameType::PRINCIPAL),
        ("krbtgt/R@R", NameType::SRV_INST),
        ("krbtgt@R", NameType::PRINCIPAL),
        ("WELLKNOWN/ANONYMOUS@R", NameType::WELLKNOWN),
    ] {
        assert_eq!(Principal::parse(text).unwrap().name().name_type(), name_type);
    }
}

// RFC 4120 section 6.2: "the name type is merely a hint"; RFC 8062 section 3 for both realms of the anonymous.
#[test]
fn the_name_type_takes_no_part_in_comparison() {
    let components = [&b"WELLKNOWN"[..], b"ANONYMOUS"];
    let one = Principal::new(NameType::WELLKNOWN, components, b"R").unwrap();
    let other = Principal::new(NameType::UNKNOWN, components, b"R").unwrap();
    assert_eq!(one, other);
    assert!(one.is_anonymous() && other.is_anonymous());
    assert!(principal(&components, b"WELLKNOWN:ANONYMOUS").is_anonymous());
    assert!(!principal(&[b"WELLKNOWN", b"ANONYMOUS", b"x"], b"R").is_anonymous());
    assert!(!principal(&[b"WELLKNOWN/ANONYMOUS"], b"R").is_anonymous());
}

#[test]
fn names_that_differ_are_not_equal() {
    let names = [
        principal(&[b"a", b"b"], b"R"),
        principal(&[b"a", b"b"], b"S"),
        principal(&[b"ab"], b"R"),
        principal(&[b"a/b"], b"R"),
        principal(&[b"a", b"b", b""], b"R"),
        principal(&[b"A", b"b"], b"R"),
    ];
    for (i, one) in names.iter().enumerate() {
        for (j, other) in names.iter().enumerate() {
            assert_eq!(one == other, i == j, "{one} {other}");
            assert_eq!(one.borrow() == *other, i == j, "{one} {other}");
        }
    }
}

// The sname of the ticket in MIT's encoding tests (tests/asn.1/reference_encode.out, encode_krb5_ticket).
#[test]
fn the_encoding_is_that_of_the_wire() {
    let wire = b"\x30\x18\xa0\x03\x02\x01\x01\xa1\x11\x30\x0f\x1b\x06hftsai\x1b\x05extra";
    let mut reader = Reader::new(wire);
    let name = PrincipalName::decode(&mut reader).unwrap();
    assert!(reader.is_empty());
    assert_eq!(name.name_type(), NameType::PRINCIPAL);
    let owned = name.in_realm(b"ATHENA.MIT.EDU").to_owned();
    assert_eq!(owned, principal(&[b"hftsai", b"extra"], b"ATHENA.MIT.EDU"));
    assert_eq!(encoded(owned.name()), *wire);
}

#[test]
fn names_on_the_wire_are_bounded_and_checked() {
    let decode = |components: &[&[u8]]| {
        let mut writer = Writer::new();
        writer.sequence(|name| {
            name.field(0, |field| field.integer(1));
            name.field(1, |field| {
                field.sequence(|strings| components.iter().for_each(|c| strings.general_string(c)));
            });
        });
        let wire = writer.into_bytes();
        PrincipalName::decode(&mut Reader::new(&wire))
            .map(|_| ())
            .map_err(negotiate_core::der::Error::kind)
    };
    assert!(matches!(decode(&[]), Err(ErrorKind::BadValue)));
    assert!(matches!(decode(&[b"a\0b"]), Err(ErrorKind::NulInString)));
    assert!(decode(&[&b""[..]; MAX_COMPONENTS]).is_ok());
    assert!(matches!(
        decode(&[&b""[..]; MAX_COMPONENTS + 1]),
        Err(ErrorKind::TooMany)
    ));
}

#[test]
fn logs_show_nothing_raw() {
    let name = principal(&[b"\x1b[31m", b"\xff"], b"R\n");
    assert_eq!(name.to_string(), r#""\x1b[31m/\xff@R\x5cn""#);
    assert_eq!(name.to_text(), Err(NotUtf8));
}

#[test]
fn the_core_gets_name_and_realm() {
    let name = Principal::parse(r"a\@b/c@EXAMPLE.COM").unwrap();
    let shown = name.borrow().to_name().unwrap();
    assert_eq!(shown.name(), r"a\@b/c");
    assert_eq!(shown.realm(), "EXAMPLE.COM");
    assert_eq!(shown.display(), r"a\@b/c@EXAMPLE.COM");
    assert_eq!(shown.kind(), NameKind::Named);
    let nobody = Principal::parse("WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS").unwrap();
    assert_eq!(nobody.borrow().to_name().unwrap().kind(), NameKind::Anonymous);
}

proptest! {
    #[test]
    fn text_and_wire_lead_back_to_the_name(components in vec("[a-c/@\\\\\n\t\x08\0é]{0,20}", 1..5), realm in "[A-C./@\\\\\0]{0,9}") {
        let name = Principal::new(
            NameType::PRINCIPAL,
            components.iter().map(String::as_bytes),
            realm.as_bytes(),
        ).unwrap();
        prop_assert!(name.borrow().components().eq(components.iter().map(String::as_bytes)));
        prop_assert_eq!(&Principal::parse(&name.to_text().unwrap()).unwrap(), &name);
        if components.iter().all(|c| !c.contains('\0')) {
            let wire = encoded(name.name());
            let decoded = PrincipalName::decode(&mut Reader::new(&wire)).unwrap();
            prop_assert_eq!(decoded.in_realm(realm.as_bytes()), name.borrow());
        }
    }

    #[test]
    fn decoding_anything_ends_without_panic(bytes: Vec<u8>) {
        let _ = PrincipalName::decode(&mut Reader::new(&bytes));
    }
}
