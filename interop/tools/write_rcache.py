"""Lets MIT's acceptor write a replay cache: write_rcache.py KEYTAB RCACHE COUNT HOST...

Accepts COUNT new tokens for HTTP at the HOSTs in turn, and prints as JSON the seed of the file and, in order, each record
that was written: its place in the file and its bytes.
"""

import json
import os
import pathlib
import sys

keytab, rcache, count, *hosts = sys.argv[1:]
os.environ["KRB5_KTNAME"] = "FILE:" + keytab
os.environ["KRB5RCACHENAME"] = "file2:" + rcache

import gssapi

initiator = gssapi.Credentials(usage="initiate")
acceptor = gssapi.Credentials(usage="accept")


def token(host):
    name = gssapi.Name("HTTP@" + host, gssapi.NameType.hostbased_service)
    return gssapi.SecurityContext(name=name, creds=initiator, usage="initiate").step()


def accept(token):
    context = gssapi.SecurityContext(creds=acceptor, usage="accept")
    context.step(token)
    assert context.complete


def records():
    data = pathlib.Path(rcache).read_bytes() if os.path.exists(rcache) else b""
    return {place: data[place:place + 16] for place in range(0, len(data), 16)}


written, before = [], records()
for number in range(int(count)):
    accept(token(hosts[number % len(hosts)]))
    now = records()
    changed = [place for place in now if now[place] != before.get(place, bytes(16)) and place]
    assert len(changed) == 1, changed
    written.append({"offset": changed[0], "record": now[changed[0]].hex()})
    before = now
print(json.dumps({"seed": before[0].hex(), "written": written}))
