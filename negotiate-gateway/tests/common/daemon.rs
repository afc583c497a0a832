//! `negotiate serve` while a test talks to it.

use super::negotiate;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A running gateway; it ends with its owner.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it said when it was ready.
    pub(crate) said: String,
    log: Arc<Mutex<String>>,
    /// Who reads the log.
    reader: Option<JoinHandle<()>>,
}

/// How long a test waits for what should take milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

impl Gateway {
    /// Starts `negotiate serve` with these arguments, which make it listen on a port of the system's choice.
    pub(crate) fn start<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut command = negotiate(["serve"]);
        Self::spawn(command.args(arguments))
    }

    /// With a configuration file; `listen` is put in front.
    pub(crate) fn configured(toml: &str) -> Self {
        let config = super::file("serve.toml", format!("listen = \"127.0.0.1:0\"\n{toml}"));
        Self::start(["--config", super::text(&config)])
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let log = Arc::new(Mutex::new(String::new()));
        let mut stderr = child.stderr.take().expect("piped");
        let written = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(len @ 1..) = stderr.read(&mut buffer) {
                written
                    .lock()
                    .expect("no panic")
                    .push_str(&String::from_utf8_lossy(&buffer[..len]));
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut said = String::new();
        while !said.contains("\nTry: ") && !said.contains("\nBrowsers ") {
            let len = stdout.read_line(&mut said).expect("text");
            assert_ne!(len, 0, "it ended: {said}{}", log.lock().expect("no panic"));
        }
        let address = said
            .strip_prefix("Listening on ")
            .and_then(|rest| rest.split_once("://")?.1.split(',').next()?.parse().ok())
            .unwrap_or_else(|| panic!("no address: {said}"));
        Self {
            child,
            address,
            said,
            log,
            reader: Some(reader),
        }
    }

    /// Ends it, and gives all that it has logged: for what must not be there.
    pub(crate) fn whole_log(mut self) -> String {
        self.signal("TERM");
        self.ended();
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no panic");
        }
        self.log()
    }

    /// What it has logged up to now, of which the last may not have been read yet.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no panic").clone()
    }

    /// Waits for a line of the log with `text` in it.
    pub(crate) fn logged(&self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let log = self.log();
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(start.elapsed() < PATIENCE, "not logged: {text}\n{log}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal: `TERM`, `INT`.
    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Waits for the end, and gives the exit status.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status.code();
            }
            assert!(start.elapsed() < PATIENCE, "it does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Sends a signal, by the shell's own kill: a bare machine has no program of that name.
pub(crate) fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.expect("a shell runs").success());
}

impl Drop for Gateway {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
