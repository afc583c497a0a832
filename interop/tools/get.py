"""One GET of URL by a Python client, its outcome as JSON: get.py CLIENT URL [options].

`gssapi-spnego` and `gssapi-krb5` send python-gssapi's token and give the reply token back to it, so that `mutual` is
libgssapi's own word; `requests-gssapi` and `requests-kerberos` demand mutual authentication and fail without it.
The names *.mit.test are resolved to loopback within this process.
"""

import argparse
import base64
import json
import socket

import requests

resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve(
    "127.0.0.1" if str(host).endswith(".mit.test") else host, *rest, **more)


def by_gssapi(options, host):
    import gssapi

    oid = "1.2.840.113554.1.2.2" if options.client == "gssapi-krb5" else "1.3.6.1.5.5.2"
    flag = gssapi.RequirementFlag
    context = gssapi.SecurityContext(
        name=gssapi.Name("HTTP@" + host, gssapi.NameType.hostbased_service),
        mech=gssapi.OID.from_int_seq(oid), usage="initiate",
        flags=flag.mutual_authentication | flag.integrity | flag.out_of_sequence_detection)
    token = base64.b64encode(context.step()).decode()
    response = requests.get(options.url, headers={"Authorization": "Negotiate " + token}, verify=options.verify)
    scheme, _, reply = response.headers.get("WWW-Authenticate", "").partition(" ")
    if scheme == "Negotiate" and reply:
        context.step(base64.b64decode(reply))
    flags = [flag.name for flag in context.actual_flags] if context.complete else []
    return response, context.complete and "mutual_authentication" in flags


def by_requests_gssapi(options):
    import requests_gssapi

    return requests_gssapi.HTTPSPNEGOAuth(mutual_authentication=requests_gssapi.REQUIRED, delegate=options.delegate,
                                          channel_bindings="tls-server-end-point" if options.bind else None)


def by_requests_kerberos(options):
    import requests_kerberos

    return requests_kerberos.HTTPKerberosAuth(mutual_authentication=requests_kerberos.REQUIRED,
                                              delegate=options.delegate, send_cbt=options.bind)


parser = argparse.ArgumentParser()
parser.add_argument("client", choices=["gssapi-spnego", "gssapi-krb5", "requests-gssapi", "requests-kerberos"])
parser.add_argument("url")
parser.add_argument("--verify", metavar="PEM", default=True, help="the certificate to trust")
parser.add_argument("--bind", action="store_true", help="send channel bindings of type tls-server-end-point")
parser.add_argument("--delegate", action="store_true")
options = parser.parse_args()

try:
    if options.client.startswith("gssapi-"):
        response, mutual = by_gssapi(options, requests.utils.urlparse(options.url).hostname)
    else:
        auth = by_requests_gssapi if options.client == "requests-gssapi" else by_requests_kerberos
        response = requests.get(options.url, auth=auth(options), verify=options.verify)
        mutual = response.ok  # otherwise the class has raised
    print(json.dumps({"status": response.status_code, "body": response.text, "mutual": mutual,
                      "challenges": response.raw.headers.getlist("WWW-Authenticate")}))
except Exception as error:  # a client's own refusal is an outcome too
    print(json.dumps({"status": None, "error": type(error).__name__ + ": " + str(error)}))
