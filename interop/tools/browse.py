"""What a headless browser makes of each URL, as JSON: browse.py chromium|firefox PROFILE URL...

`texts` are what the pages say, `why` is what the browser's own log says about Negotiate. PROFILE is a directory to be made;
the tickets are those of KRB5CCNAME.

Both log in to localhost; Firefox also to www.mit.test, to which it delegates. Chromium is given no other name: it would have
to be in /etc/hosts, for when --host-resolver-rules says where a name leads, Chromium asks for a ticket for that address.
"""

import argparse
import html
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

PATIENCE = 60  # seconds, for a machine that is busy with other tests


def chromium(options, environment):
    # A new profile answers Negotiate at its second start only, unless it has seen the challenge before.
    seen = {"net": {"received_http_auth_negotiate_headers": True}}
    (options.profile / "Local State").write_text(json.dumps(seen))
    log = options.profile / "netlog.json"
    command = [
        "chromium", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--ignore-certificate-errors",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost", "--auth-server-allowlist=localhost",
        f"--user-data-dir={options.profile}", f"--log-net-log={log}", "--dump-dom"]
    if os.geteuid() == 0:
        command.append("--no-sandbox")
    texts, why = [], []
    for url in options.urls:
        page = subprocess.run([*command, url], env=environment, timeout=PATIENCE, check=True, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        texts.append(html.unescape(re.sub("<[^>]*>", "", page)))
        why += chromiums_reasons(json.loads(log.read_text()))
    return texts, why


def chromiums_reasons(log):
    names = {number: name for name, number in log["constants"]["logEventTypes"].items()}
    errors = {number: name for name, number in log["constants"]["netError"].items()}
    for event in log["events"]:
        name, told = names[event["type"]], event.get("params") or {}
        if name.startswith("AUTH_") and "source_dependency" not in told:
            yield f"{name} {errors.get(told.get('net_error'), '')} {json.dumps(told)}"


def firefox(options, environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    preferences = {
        "marionette.port": port,
        "network.dns.localDomains": "www.mit.test",
        "network.negotiate-auth.trusted-uris": ".mit.test,localhost",
        "network.negotiate-auth.delegation-uris": "www.mit.test",
        "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False,
        "browser.safebrowsing.malware.enabled": False, "browser.safebrowsing.phishing.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False, "services.settings.server": "data:,",
    }
    (options.profile / "user.js").write_text("".join(
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()))
    log = options.profile / "log"
    environment |= {"MOZ_LOG": "sync,negotiateauth:5", "MOZ_LOG_FILE": str(log)}
    command = ["firefox-esr", "--headless", "--no-remote", "--marionette", "--profile", options.profile]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        ask = marionette(port, process)
        ask("WebDriver:NewSession", acceptInsecureCerts=True)
        texts = []
        for url in options.urls:
            ask("WebDriver:Navigate", url=url)
            texts.append(ask("WebDriver:ExecuteScript", script="return document.body.textContent", args=[])["value"])
        ask("Marionette:Quit", flags=["eForceQuit"])
        process.wait(PATIENCE)
    finally:
        process.kill()
    return texts, [line.split("negotiateauth ")[-1] for line in Path(f"{log}.moz_log").read_text().splitlines()]


def marionette(port, process):
    """Firefox's remote control: messages in JSON, each after its length in decimal and a colon."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
            break
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    received, asked = connection.makefile("rb"), 0

    def read():
        length = b""
        while (digit := received.read(1)).isdigit():
            length += digit
        return json.loads(received.read(int(length)))

    def ask(command, **parameters):
        nonlocal asked
        asked += 1
        message = json.dumps([0, asked, command, parameters]).encode()
        connection.sendall(b"%d:%s" % (len(message), message))
        _, _, error, answer = read()
        if error:
            raise RuntimeError(f"{command}: {error}")
        return answer

    read()  # it greets first
    return ask


parser = argparse.ArgumentParser()
parser.add_argument("browser", choices=["chromium", "firefox"])
parser.add_argument("profile", type=Path)
parser.add_argument("urls", nargs="+", metavar="URL")
options = parser.parse_args()
options.profile = options.profile.resolve()
options.profile.mkdir()
browser = chromium if options.browser == "chromium" else firefox
texts, why = browser(options, os.environ | {"HOME": str(options.profile)})
print(json.dumps({"texts": texts, "why": why}))
