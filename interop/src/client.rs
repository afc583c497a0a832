//! HTTP clients of other people.

use crate::kdc::Tickets;
use crate::peers::{scratch, succeed, text, tool};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::net::SocketAddr;
use std::process::Command;

/// The field that carries a token.
#[must_use]
pub fn authorization(token: &[u8]) -> String {
    format!("Authorization: Negotiate {}", STANDARD.encode(token))
}

/// One response: its status and header fields.
#[derive(Debug)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Names in lower case, with their values, in order.
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// Every value of a field.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.fields
            .iter()
            .filter(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Whether a reply token came with this response.
    #[must_use]
    pub fn has_reply_token(&self) -> bool {
        self.all("www-authenticate")
            .iter()
            .any(|value| value.starts_with("Negotiate "))
    }
}

/// What curl got: the heads of all responses in turn, and the last body.
#[derive(Debug)]
pub struct Got {
    /// Never empty.
    pub heads: Vec<Head>,
    /// The body of the last response.
    pub body: String,
}

impl Got {
    /// The last response.
    ///
    /// # Panics
    ///
    /// Never: curl without a response is a failure already.
    #[must_use]
    pub fn last(&self) -> &Head {
        self.heads.last().expect("at least one response")
    }

    /// The status of the last response.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.last().status
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A field that the application behind the gateway (`tools/backend.py`) was sent.
    #[must_use]
    pub fn forwarded(&self, name: &str) -> Option<String> {
        let seen = self.json();
        let mut fields = seen["headers"].as_array()?.iter();
        fields.find(|field| field[0] == name)?[1]
            .as_str()
            .map(str::to_owned)
    }
}

/// GETs `url` with curl and these tickets. `*.mit.test` and `*.other.test` lead to loopback.
#[must_use]
pub fn curl(tickets: &Tickets, url: &str, arguments: &[&str]) -> Got {
    let prepare = |command: &mut Command| {
        tickets.given_to(command);
    };
    curl_with(prepare, url, arguments)
}

/// The same with what `prepare` sets in its environment. Every host leads to loopback.
pub fn curl_with(prepare: impl FnOnce(&mut Command), url: &str, arguments: &[&str]) -> Got {
    let (head, body) = (scratch("head"), scratch("body"));
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--max-time", "30", "--dump-header"])
        .arg(&head);
    command
        .arg("--output")
        .arg(&body)
        .args(["--connect-to", "::127.0.0.1:"])
        .args(arguments)
        .arg(url);
    prepare(&mut command);
    succeed(&mut command, b"");
    let heads = parse_heads(&text(&std::fs::read(&head).expect("curl wrote the heads")));
    assert!(!heads.is_empty(), "{command:?} got no response");
    Got {
        heads,
        body: text(&std::fs::read(&body).unwrap_or_default()),
    }
}

fn parse_heads(dump: &str) -> Vec<Head> {
    let blocks = dump.split("\r\n\r\n").filter(|block| !block.trim().is_empty());
    blocks
        .map(|block| {
            let mut lines = block.lines();
            let status = lines
                .next()
                .and_then(|line| line.split(' ').nth(1))
                .and_then(|code| code.parse().ok());
            let fields = lines.filter_map(|line| line.split_once(':'));
            Head {
                status: status.unwrap_or_else(|| panic!("no status line in {block:?}")),
                fields: fields
                    .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                    .collect(),
            }
        })
        .collect()
}

/// curl's login: an empty user name, the ticket does the rest.
#[must_use]
pub fn curl_negotiate(tickets: &Tickets, url: &str, arguments: &[&str]) -> Got {
    curl(
        tickets,
        url,
        &[&["--negotiate", "--user", ":"], arguments].concat(),
    )
}

/// A URL on `address` under a host name that has a keytab entry.
#[must_use]
pub fn url(host: &str, address: SocketAddr) -> String {
    format!("http://{host}:{}/", address.port())
}

/// A client of `tools/get.py`; what it reports.
#[must_use]
pub fn python(tickets: &Tickets, client: &str, url: &str, arguments: &[&str]) -> Value {
    let prepare = |command: &mut Command| {
        tickets.given_to(command);
    };
    python_with(prepare, client, url, arguments)
}

/// The same with what `prepare` sets in its environment.
///
/// # Panics
///
/// If the tool itself fails; a client's refusal is `error` in the report.
pub fn python_with(prepare: impl FnOnce(&mut Command), client: &str, url: &str, arguments: &[&str]) -> Value {
    let mut command = tool("get.py");
    command.args([client, url]).args(arguments);
    prepare(&mut command);
    serde_json::from_slice(&succeed(&mut command, b"")).expect("get.py prints JSON")
}
