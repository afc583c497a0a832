"""One GET over HTTP/2 without TLS, with a header field from a file: get_http2.py PORT FILE. Prints the status.

For fields of more than 64 KiB, which curl's HTTP/2 does not send.
"""

import socket
import sys

import h2.connection
import h2.events

name, _, value = open(sys.argv[2]).read().partition(": ")
connection = h2.connection.H2Connection()
connection.initiate_connection()
connection.send_headers(1, [(":method", "GET"), (":scheme", "http"), (":authority", "www.mit.test"), (":path", "/"),
                            (name.lower(), value)], end_stream=True)
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as peer:
    peer.sendall(connection.data_to_send())
    while data := peer.recv(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                sys.exit(print(dict(event.headers)[b":status"].decode()))
        peer.sendall(connection.data_to_send())
sys.exit("no response")
