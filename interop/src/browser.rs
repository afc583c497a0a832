//! Headless browsers.

use crate::kdc::Tickets;
use crate::peers::{scratch, succeed, tool};

/// What `chromium` or `firefox` showed.
#[derive(Debug)]
pub struct Browsed {
    /// What each page said.
    pub texts: Vec<String>,
    /// What the browser's own log says of Negotiate: to be shown when a login fails.
    pub why: String,
}

/// Visits the pages one after the other, with these tickets. Both browsers log in to localhost, Firefox to `www.mit.test`
/// too, to which it delegates.
///
/// # Panics
///
/// If the browser fails, or does not end.
#[must_use]
pub fn browse(browser: &str, tickets: &Tickets, urls: &[String]) -> Browsed {
    let mut command = tool("browse.py");
    command.arg(browser).arg(scratch(browser)).args(urls);
    let said = succeed(tickets.given_to(&mut command), b"");
    let said: serde_json::Value = serde_json::from_slice(&said).expect("browse.py prints JSON");
    let list = |name: &str| -> Vec<String> {
        let values = said[name].as_array().into_iter().flatten();
        values
            .map(|value| value.as_str().unwrap_or_default().to_owned())
            .collect()
    };
    Browsed {
        texts: list("texts"),
        why: list("why").join("\n"),
    }
}
