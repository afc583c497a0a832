"""MIT's own verdict on the token on standard input, as JSON: accept.py KEYTAB [BINDINGS-HEX]."""

import json
import os
import sys

os.environ["KRB5_KTNAME"] = "FILE:" + sys.argv[1]
os.environ["KRB5RCACHENAME"] = "none:"

import gssapi
from gssapi.raw import ChannelBindings

bindings = ChannelBindings(application_data=bytes.fromhex(sys.argv[2])) if len(sys.argv) > 2 else None
context = gssapi.SecurityContext(creds=gssapi.Credentials(usage="accept"), usage="accept", channel_bindings=bindings)
try:
    context.step(sys.stdin.buffer.read())
    context.complete  # where python-gssapi raises the error of a step that had an error token
except gssapi.exceptions.GSSError as error:
    print(json.dumps({"accepted": False, "message": str(error)}))
else:
    name = str(context.initiator_name) if context.complete else None
    print(json.dumps({"accepted": context.complete, "src_name": name}))
