//! A client of HTTP/1.1 that sends what it is told, byte for byte.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let same = |(field, _): &&(String, String)| field.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .filter(same)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The one value of a field.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        match self.all(name)[..] {
            [] => None,
            [value] => Some(value),
            _ => panic!("several {name}: {self:?}"),
        }
    }

    /// A field of the request as the application behind the gateway got it.
    pub(crate) fn forwarded(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{}: ", name.to_ascii_lowercase());
        self.body
            .lines()
            .filter_map(|line| line.strip_prefix(prefix.as_str()))
            .collect()
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Client<S: Read + Write = TcpStream>(BufReader<S>);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        Self(BufReader::new(stream))
    }
}

impl<S: Read + Write> Client<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self(BufReader::new(stream))
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server may answer and close before it has read everything.
        _ = self.0.get_mut().write_all(bytes.as_ref());
    }

    /// `GET` with these fields, one a line, and `Host`.
    pub(crate) fn get(&mut self, path: &str, fields: &[String]) -> Response {
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        self.send(format!(
            "GET {path} HTTP/1.1\r\nHost: www.example.com\r\n{fields}\r\n"
        ));
        self.receive()
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// The head of a response; its body is empty.
    pub(crate) fn receive_head(&mut self) -> Response {
        let status_line = self.line();
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no response: {status_line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                assert_eq!(line, "", "a field");
                break;
            };
            headers.push((name.to_owned(), value.to_owned()));
        }
        Response {
            status,
            headers,
            body: String::new(),
        }
    }

    pub(crate) fn receive(&mut self) -> Response {
        let mut response = self.receive_head();
        let mut body = Vec::new();
        if response.one("transfer-encoding") == Some("chunked") {
            while let chunk @ [_, ..] = self.chunk().as_slice() {
                body.extend_from_slice(chunk);
            }
        } else if let Some(len) = response.one("content-length") {
            body.resize(len.parse().expect("a number"), 0);
            self.0.read_exact(&mut body).expect("the body");
        }
        response.body = String::from_utf8(body).expect("UTF-8");
        response
    }

    /// One chunk of a body (RFC 9112 section 7.1); empty at the end.
    pub(crate) fn chunk(&mut self) -> Vec<u8> {
        let len = usize::from_str_radix(&self.line(), 16).expect("a chunk");
        let mut chunk = vec![0; len];
        self.0.read_exact(&mut chunk).expect("the chunk");
        assert_eq!(self.line(), "");
        chunk
    }
}

/// One `GET` on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str, fields: &[String]) -> Response {
    Client::connect(address).get(path, fields)
}
