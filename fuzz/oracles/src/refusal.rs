//! What holds for every refusal: it says the fact, whose fault it is and what to do, in text that no log can trip over.

use negotiate_core::Explain;

/// # Panics
/// If a text is empty, overlong, or has control characters; if `Display` has anything but plain words.
pub(crate) fn check(reason: &dyn Explain) {
    let fact = reason.to_string();
    for text in [&*fact, &reason.seen(), &reason.expected(), &reason.advice()] {
        assert!(!text.is_empty(), "{}", reason.code());
        // Three quoted names of 256 bytes, each byte as \xNN, and a sentence around them.
        assert!(text.len() <= 4096, "{}: {} bytes", reason.code(), text.len());
        assert!(!text.chars().any(char::is_control), "{}: {text:?}", reason.code());
    }
    assert!(fact.is_ascii() && fact.len() < 100, "{fact}");
    assert!(reason.code().contains('.'));
    assert_ne!(reason.gss_major().code(), 0);
}
