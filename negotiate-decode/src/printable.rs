//! Text that anybody may have written, for terminals: what steers them, or shows text as another, is escaped.

/// Whether a character is shown as it is: no control character (C1 too, of which terminals take U+009B for ESC `[`), nothing
/// that turns the direction of text around (UAX #9), no separator of lines, nothing invisible that makes two texts look alike.
fn is_harmless(character: char) -> bool {
    let is_invisible = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    );
    !character.is_control() && !is_invisible
}

/// The text for a terminal; what could do harm there is written as `\u{9b}`.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match is_harmless(character) {
            true => shown.push(character),
            false => shown.extend(character.escape_unicode()),
        }
    }
    shown
}

/// The same JSON (RFC 8259 section 7) for a terminal. Outside strings it has ASCII only, and in them no line feed.
#[must_use]
pub fn printable_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmless(character) || character == '\n' {
            shown.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_no_harm_stays() {
        let text = "J\u{fc}rgen \"x\" \\ \u{5d0}\u{627}\u{1f600}";
        assert_eq!(printable(text), text);
        assert_eq!(printable_json(text), text);
    }

    #[test]
    fn what_does_harm_is_escaped() {
        assert_eq!(
            printable("a\u{1b}[2J\n\u{9b}\u{202e}b"),
            "a\\u{1b}[2J\\u{a}\\u{9b}\\u{202e}b"
        );
        assert_eq!(
            printable_json("{\n\"\u{7f}\u{9b}\u{e0041}\""),
            "{\n\"\\u007f\\u009b\\udb40\\udc41\""
        );
    }
}
