//! The few bytes of HTTP/1.1 that the demo's browser speaks.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What the demo shows of a response.
pub(super) struct Reply {
    /// `200 OK`
    pub(super) status: String,
    pub(super) www_authenticate: Option<String>,
    pub(super) body: String,
}

/// Loopback answers at once, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn get(address: SocketAddr, authorization: Option<&str>) -> io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let authorization = authorization.map_or(String::new(), |value| format!("Authorization: {value}\r\n"));
    let port = address.port();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: localhost:{port}\r\n{authorization}Connection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let (head, body) = response
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::InvalidData)?;
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split_once(' '))
        .ok_or(io::ErrorKind::InvalidData)?;
    let mut fields = lines.filter_map(|line| line.split_once(": "));
    let challenge = fields.find(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
    Ok(Reply {
        status: status.1.to_owned(),
        www_authenticate: challenge.map(|(_, value)| value.to_owned()),
        body: body.to_owned(),
    })
}
