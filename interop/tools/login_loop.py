"""Logs in as fast as it can: login_loop.py HOST PORT.

On standard input, a line names the credential cache to use from now on. Each but the first is answered, when the last login
with the one before has ended, by a line of JSON: how many there were, and the statuses of those that failed.
"""

import base64
import http.client
import json
import queue
import sys
import threading

import gssapi

host, port = sys.argv[1], int(sys.argv[2])
caches = queue.Queue()
name = gssapi.Name("HTTP@" + host, gssapi.NameType.hostbased_service)


def read():
    for line in sys.stdin:
        caches.put(line.strip())


def login(connection, credentials):
    token = gssapi.SecurityContext(name=name, creds=credentials, usage="initiate").step()
    headers = {"Host": host, "Authorization": "Negotiate " + base64.b64encode(token).decode()}
    connection.request("GET", "/", headers=headers)
    response = connection.getresponse()
    response.read()
    return response.status


threading.Thread(target=read, daemon=True).start()
connection = http.client.HTTPConnection("127.0.0.1", port)
cache = caches.get()
while True:
    credentials = gssapi.Credentials(usage="initiate", store={"ccache": "FILE:" + cache})
    logins, failed = 0, []
    while caches.empty():
        status = login(connection, credentials)
        logins += 1
        if status != 200:
            failed.append(status)
    cache = caches.get()
    print(json.dumps({"logins": logins, "failed": failed}), flush=True)
