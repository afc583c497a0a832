//! The directory of this run, and the processes that the tests start in it.

use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A path below the directory that `interop/run` made.
///
/// # Panics
///
/// If the tests were started without `interop/run`.
#[must_use]
pub fn state(path: &str) -> PathBuf {
    variable("INTEROP_STATE").join(path)
}

/// A keytab made by `interop/run`: `www` (HTTP/www, HTTP/localhost, HTTP/e17 to e20), `big`, `www-other`.
#[must_use]
pub fn keytab(name: &str) -> PathBuf {
    state("keytab").join(name)
}

/// A path that no other test uses.
#[must_use]
pub fn scratch(name: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    state(&format!("{}-{number}-{name}", std::process::id()))
}

/// One of our own programs, built by `interop/run`: `negotiate`, `examples/axum`.
#[must_use]
pub fn built(name: &str) -> Command {
    Command::new(variable("INTEROP_BUILT").join(name))
}

/// A script of `interop/tools`, with the Python that has the clients.
#[must_use]
pub fn tool(script: &str) -> Command {
    let mut command = Command::new(variable("INTEROP_PYTHON"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools").join(script));
    command
}

/// A module that this Python runs as a program.
#[must_use]
pub fn python_module(module: &str) -> Command {
    let mut command = Command::new(variable("INTEROP_PYTHON"));
    command.args(["-m", module]);
    command
}

/// The same command with its clock moved, for example `+10m`.
#[must_use]
pub fn at_clock(offset: &str, command: &Command) -> Command {
    let mut moved = Command::new("faketime");
    moved
        .args(["-f", offset])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            moved.env(name, value);
        }
    }
    moved
}

pub(crate) fn variable(name: &str) -> PathBuf {
    std::env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set: start the tests with interop/run"))
        .into()
}

/// Runs to the end with `input`, whatever the exit status.
///
/// # Panics
///
/// If the program cannot be started.
pub fn output(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; ./check installs what is missing"));
    let mut stdin = child.stdin.take().expect("piped");
    // A program may end without reading: its output tells why.
    std::thread::scope(|scope| {
        scope.spawn(move || drop(stdin.write_all(input)));
        child
            .wait_with_output()
            .expect("a started child can be waited for")
    })
}

/// Runs to the end and returns standard output.
///
/// # Panics
///
/// If it fails.
pub fn succeed(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let output = output(command, input);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    output.stdout
}

/// For messages.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A loopback address that was free a moment ago.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port on loopback")
}

/// A process that listens, killed when dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Daemon {
    /// Starts it and waits until it listens on `address`.
    ///
    /// # Panics
    ///
    /// If it ends, or does not listen within 20 seconds.
    #[must_use]
    pub fn start(command: &mut Command, address: SocketAddr) -> Self {
        let log = scratch("log");
        let file = File::create(&log).expect("the state directory can be written");
        let child = command
            // Of its own group, so that what it starts (nginx's workers, the program under faketime) ends with it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; ./check installs what is missing"));
        let mut daemon = Self { child, log, address };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            let ended = daemon.child.try_wait().expect("a started child can be asked");
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "{command:?} does not listen on {address}: {ended:?}\n{}",
                daemon.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }

    /// What it has written so far.
    ///
    /// # Panics
    ///
    /// If the log file is gone.
    #[must_use]
    pub fn log(&self) -> String {
        text(&std::fs::read(&self.log).expect("its log can be read"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // By the shell's own kill: a bare machine has no program of that name.
        let group = format!("kill -KILL -- -{}", self.child.id());
        drop(Command::new("bash").args(["-c", &group]).status());
        // Should that have failed, the wait below still ends.
        drop(self.child.kill());
        drop(self.child.wait());
        // Killed, faketime leaves what it shares with its child, and cannot start again under the same process number.
        for name in ["faketime_shm_", "sem.faketime_sem_"] {
            drop(std::fs::remove_file(format!(
                "/dev/shm/{name}{}",
                self.child.id()
            )));
        }
    }
}
