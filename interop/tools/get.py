"""One GET of URL by a Python client, its outcome as JSON: get.py CLIENT URL [options].

`gssapi-*` (MIT's libgssapi), `heimdal-*` (Heimdal's) and `pyspnego-*` (its own SPNEGO, or the bare token that it sends as
`kerberos`) make a token and are given the reply token back, so that `mutual` is their own word. The others are
authentication classes for requests and httpx: they demand mutual authentication and fail without it.
Names below .test are resolved to loopback within this process.
"""

import argparse
import base64
import hashlib
import json
import socket
import ssl
from urllib.parse import urlparse

import requests

resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve(
    "127.0.0.1" if str(host).endswith(".test") else host, *rest, **more)


def gssapi(options, host):
    import gssapi

    oid = "1.2.840.113554.1.2.2" if options.client == "gssapi-krb5" else "1.3.6.1.5.5.2"
    flag = gssapi.RequirementFlag
    context = gssapi.SecurityContext(
        name=gssapi.Name("HTTP@" + host, gssapi.NameType.hostbased_service),
        mech=gssapi.OID.from_int_seq(oid), usage="initiate",
        flags=flag.mutual_authentication | flag.integrity | flag.out_of_sequence_detection)
    return context.step, lambda: context.complete and flag.mutual_authentication in context.actual_flags


def heimdal(options, host):
    from heimdal import DELEGATE, INTEGRITY, MUTUAL, SEQUENCE, Context

    flags = MUTUAL | SEQUENCE | INTEGRITY | (DELEGATE if options.delegate else 0)
    bindings = end_point(options.verify) if options.bind else b""
    context = Context("HTTP@" + host, options.client.removeprefix("heimdal-"), flags, bindings)
    return context.step, lambda: context.mutual


def end_point(certificate):
    """The application data of tls-server-end-point (RFC 5929 section 4.1), for a certificate signed with SHA-256."""
    with open(certificate) as file:
        der = ssl.PEM_cert_to_DER_cert(file.read())
    return b"tls-server-end-point:" + hashlib.sha256(der).digest()


def pyspnego(options, host):
    import spnego

    how = {"protocol": "kerberos"} if options.client == "pyspnego-kerberos" else {
        "protocol": "negotiate", "options": spnego.NegotiateOptions.use_negotiate}
    flag = spnego.ContextReq
    context = spnego.client(
        hostname=host, service="HTTP", **how,
        context_req=flag.mutual_auth | flag.integrity | flag.sequence_detect | (flag.delegate if options.delegate else 0))
    return context.step, lambda: context.complete and flag.mutual_auth in context.context_attr


def by_steps(options, initiator):
    step, mutual = initiator(options, urlparse(options.url).hostname)
    token = base64.b64encode(step(None)).decode()
    response = requests.get(options.url, headers={"Authorization": "Negotiate " + token}, verify=options.verify)
    scheme, _, reply = response.headers.get("WWW-Authenticate", "").partition(" ")
    if scheme == "Negotiate" and reply:
        step(base64.b64decode(reply))
    return response, mutual()


def by_tls_exporter(options):
    """Bound by what OpenSSL exports from the connection (RFC 9266), on that very connection."""
    import gssapi
    from gssapi.raw import ChannelBindings
    from OpenSSL import SSL

    url = urlparse(options.url)
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(options.verify)
    context.set_verify(SSL.VERIFY_PEER)
    tls = SSL.Connection(context, socket.create_connection((url.hostname, url.port)))
    tls.set_tlsext_host_name(url.hostname.encode())
    tls.set_connect_state()
    tls.do_handshake()
    exported = bytearray(tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b""))
    if not options.bind:
        exported[0] ^= 1
    flag = gssapi.RequirementFlag
    initiator = gssapi.SecurityContext(
        name=gssapi.Name("HTTP@" + url.hostname, gssapi.NameType.hostbased_service), usage="initiate",
        mech=gssapi.OID.from_int_seq("1.3.6.1.5.5.2"), flags=flag.mutual_authentication | flag.integrity,
        channel_bindings=ChannelBindings(application_data=b"tls-exporter:" + bytes(exported)))
    token = base64.b64encode(initiator.step()).decode()
    tls.sendall(f"GET / HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\nAuthorization: Negotiate {token}\r\n\r\n".encode())
    received = b""
    try:
        while chunk := tls.recv(65536):
            received += chunk
    except SSL.Error:
        pass
    head, _, body = received.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    response = requests.Response()
    response.status_code, response._content = int(status.split()[1]), body
    for field in fields:
        name, _, value = field.partition(": ")
        response.headers[name] = value
    scheme, _, reply = response.headers.get("WWW-Authenticate", "").partition(" ")
    if scheme == "Negotiate" and reply:
        initiator.step(base64.b64decode(reply))
    if response.status_code < 400 and not initiator.complete:
        raise RuntimeError("the server has not proved itself")
    return response


def by_requests_gssapi(options):
    import requests_gssapi

    auth = requests_gssapi.HTTPSPNEGOAuth(mutual_authentication=requests_gssapi.REQUIRED, delegate=options.delegate,
                                          channel_bindings="tls-server-end-point" if options.bind else None)
    return requests.get(options.url, auth=auth, verify=options.verify)


def by_requests_kerberos(options):
    import requests_kerberos

    auth = requests_kerberos.HTTPKerberosAuth(mutual_authentication=requests_kerberos.REQUIRED,
                                              delegate=options.delegate, send_cbt=options.bind)
    return requests.get(options.url, auth=auth, verify=options.verify)


def by_httpx_gssapi(options):
    import httpx
    import httpx_gssapi

    auth = httpx_gssapi.HTTPSPNEGOAuth(mutual_authentication=httpx_gssapi.REQUIRED, delegate=options.delegate)
    return httpx.get(options.url, auth=auth, verify=options.verify)


STEPPING = {"gssapi-spnego": gssapi, "gssapi-krb5": gssapi, "heimdal-spnego": heimdal, "heimdal-krb5": heimdal,
            "pyspnego-spnego": pyspnego, "pyspnego-kerberos": pyspnego}
CLASSES = {"requests-gssapi": by_requests_gssapi, "requests-kerberos": by_requests_kerberos,
           "httpx-gssapi": by_httpx_gssapi, "tls-exporter": by_tls_exporter}

parser = argparse.ArgumentParser()
parser.add_argument("client", choices=[*STEPPING, *CLASSES])
parser.add_argument("url")
parser.add_argument("--verify", metavar="PEM", default=True, help="the certificate to trust")
parser.add_argument("--bind", action="store_true", help="send channel bindings")
parser.add_argument("--delegate", action="store_true")
options = parser.parse_args()

try:
    if options.client in STEPPING:
        response, mutual = by_steps(options, STEPPING[options.client])
    else:
        response = CLASSES[options.client](options)
        mutual = response.status_code < 400  # otherwise the class has raised
    print(json.dumps({"status": response.status_code, "body": response.text, "mutual": mutual}))
except Exception as error:  # a client's own refusal is an outcome too
    print(json.dumps({"status": None, "error": type(error).__name__ + ": " + str(error)}))
