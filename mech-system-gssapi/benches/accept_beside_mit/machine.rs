//! What the figures were taken on.

use std::process::Command;

pub(crate) fn description() -> String {
    format!(
        "{}, {} processors; Linux {}; {}; {}; {}.",
        cpu(),
        std::thread::available_parallelism().map_or(0, usize::from),
        said("uname", &["-r"]),
        said("krb5-config", &["--version"]),
        said("rustc", &["--version"]),
        said("date", &["-u", "+%F"]),
    )
}

fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split_once(": "));
    name.map_or("unknown processor", |(_, name)| name).to_owned()
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| format!("{program} unknown"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
