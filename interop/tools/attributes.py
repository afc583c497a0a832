"""The client's name attributes (RFC 6680) in MIT's acceptor, as JSON: attributes.py KEYTAB, the token on standard input.

Each attribute's values in base64. MIT gives buffers of a PAC that it has verified, and indicators of a CAMMAC.
"""

import base64
import json
import os
import sys

os.environ["KRB5_KTNAME"] = "FILE:" + sys.argv[1]
os.environ["KRB5RCACHENAME"] = "none:"

import gssapi

context = gssapi.SecurityContext(creds=gssapi.Credentials(usage="accept"), usage="accept")
context.step(sys.stdin.buffer.read())
attributes = context.initiator_name.attributes
values = {name.decode(): sorted(attributes[name].values) for name in attributes}
print(json.dumps({name: [base64.b64encode(value).decode() for value in values[name]] for name in values}))
