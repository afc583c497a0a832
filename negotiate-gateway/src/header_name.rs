//! Names of headers as applications see them.

/// Whether an application may take fields of these names for one. CGI (RFC 3875 section 4.1.18) makes variables of names:
/// letters in one case, and an underscore for each hyphen; some servers put an underscore for whatever is no letter or digit.
pub(crate) fn are_one_variable(a: &str, b: &str) -> bool {
    let in_variable = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => byte.to_ascii_lowercase(),
        false => b'_',
    };
    a.len() == b.len() && a.bytes().map(in_variable).eq(b.bytes().map(in_variable))
}
