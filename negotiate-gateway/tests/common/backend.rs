//! The application behind the gateway: shows what it was sent, and misbehaves on demand.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Starts it; it ends with the test's process. It answers by path:
///
/// - `/raw/STATUS...`: the text behind, `|` for the end of a line, as the response;
/// - `/close`: closes the connection without an answer;
/// - `/silent`: never answers;
/// - `/stream`: a chunk, and the next one after a line of the request's body has come;
/// - anything else: 200, with the request's first line, fields in lower case, and body.
pub(crate) fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || while serve(&stream).is_some() {});
        }
    });
    address
}

/// One request; `None` ends the connection.
fn serve(stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::with_capacity(1, stream);
    let mut request_line = String::new();
    reader.read_line(&mut request_line).ok().filter(|len| *len > 0)?;
    let path = request_line.split(' ').nth(1)?.to_owned();
    let mut shown = request_line.trim_end().to_owned() + "\n";
    let mut fields = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name = name.to_ascii_lowercase();
        shown += &format!("{name}: {value}\n");
        fields.push((name, value.to_owned()));
    }
    let field = |wanted: &str| {
        fields
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
    };
    let mut writer = stream;
    if let Some(raw) = path.strip_prefix("/raw/") {
        let raw = raw.replace("%20", " ").replace("%22", "\"").replace('|', "\r\n");
        return writer.write_all(format!("HTTP/1.1 {raw}\r\n").as_bytes()).ok();
    }
    match path.as_str() {
        "/close" => return None,
        "/silent" => {
            _ = reader.read_line(&mut String::new());
            return None;
        }
        "/stream" => {
            writer
                .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n")
                .ok()?;
            let chunk = chunk(&mut reader)?;
            let len = chunk.len();
            writer
                .write_all(format!("{len:x}\r\n{chunk}\r\n0\r\n\r\n").as_bytes())
                .ok()?;
            return (chunk_is_last(&mut reader)).then_some(());
        }
        _ => {}
    }
    let mut body = vec![
        0;
        field("content-length")
            .and_then(|len| len.parse().ok())
            .unwrap_or(0)
    ];
    reader.read_exact(&mut body).ok()?;
    let mut body = String::from_utf8(body).ok()?;
    if field("transfer-encoding") == Some("chunked") {
        while let Some(chunk) = chunk(&mut reader).filter(|chunk| !chunk.is_empty()) {
            body += &chunk;
        }
    }
    shown += &format!("\n{body}");
    let len = shown.len();
    write!(
        writer,
        "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nKeep-Alive: timeout=5\r\n\r\n{shown}"
    )
    .ok()
}

fn chunk(reader: &mut impl std::io::BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut chunk = vec![0; usize::from_str_radix(line.trim_end(), 16).ok()?];
    reader.read_exact(&mut chunk).ok()?;
    reader.read_line(&mut String::new()).ok()?;
    String::from_utf8(chunk).ok()
}

fn chunk_is_last(reader: &mut impl std::io::BufRead) -> bool {
    chunk(reader).is_some_and(|chunk| chunk.is_empty())
}
