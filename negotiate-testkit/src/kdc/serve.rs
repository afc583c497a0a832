//! The KDC on loopback: UDP, and TCP with lengths before the messages (RFC 4120 section 7.2), on one port.

use super::Kdc;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A KDC that listens on loopback until this is dropped.
pub struct KdcServer {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// No request is longer, and no client that is alive is slower.
const LONGEST_REQUEST: usize = 0x1_0000;
const PATIENCE: Duration = Duration::from_secs(10);

impl Kdc {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If the operating system refuses sockets or threads.
    pub fn serve(&self) -> io::Result<KdcServer> {
        let (tcp, udp) = both_on_one_port()?;
        let address = tcp.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let threads = vec![
            spawn("kdc-tcp", {
                let (kdc, stopping) = (self.clone(), Arc::clone(&stopping));
                move || serve_tcp(&kdc, &tcp, &stopping)
            })?,
            spawn("kdc-udp", {
                let (kdc, stopping) = (self.clone(), Arc::clone(&stopping));
                move || serve_udp(&kdc, &udp, &stopping)
            })?,
        ];
        Ok(KdcServer {
            address,
            stopping,
            threads,
        })
    }
}

impl KdcServer {
    /// Where it listens, on TCP and on UDP.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for KdcServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the two that wait; should that fail, they end with the process.
        let woken = TcpStream::connect_timeout(&self.address, PATIENCE).is_ok()
            && UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
                .and_then(|udp| udp.send_to(b"", self.address))
                .is_ok();
        if woken {
            for thread in self.threads.drain(..) {
                drop(thread.join());
            }
        }
    }
}

/// Clients that know one address only try both.
fn both_on_one_port() -> io::Result<(TcpListener, UdpSocket)> {
    let mut last = None;
    for _ in 0..32 {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        match UdpSocket::bind(tcp.local_addr()?) {
            Ok(udp) => return Ok((tcp, udp)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}

fn serve_udp(kdc: &Kdc, socket: &UdpSocket, stopping: &AtomicBool) {
    let mut buffer = vec![0; LONGEST_REQUEST];
    loop {
        let received = socket.recv_from(&mut buffer);
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        if let Ok((len, from)) = received {
            let reply = kdc.handle(buffer.get(..len).unwrap_or_default());
            // A client that went away asks again, or not.
            let _ = socket.send_to(&reply, from);
        }
    }
}

fn serve_tcp(kdc: &Kdc, listener: &TcpListener, stopping: &AtomicBool) {
    loop {
        let accepted = listener.accept();
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        if let Ok((stream, _)) = accepted {
            let kdc = kdc.clone();
            // A connection ends with its client, or after our patience with it.
            let _ = spawn("kdc-connection", move || drop(serve_connection(&kdc, stream)));
        }
    }
}

fn serve_connection(kdc: &Kdc, mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > LONGEST_REQUEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut request = vec![0; length];
        stream.read_exact(&mut request)?;
        let reply = kdc.handle(&request);
        let length = u32::try_from(reply.len()).map_err(|_| io::ErrorKind::InvalidData)?;
        stream.write_all(&[&length.to_be_bytes()[..], &reply].concat())?;
    }
}

impl fmt::Debug for KdcServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KdcServer({})", self.address)
    }
}
