"""The guide's program. The tests run it with the arguments url, project_id and secret."""
import sys

url, project_id, secret = sys.argv[1:]

import base64, json, urllib.request

def call(method, path, body=None):
    request = urllib.request.Request(url + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")  # the control plane answers 415 without it
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{project_id}:{secret}".encode()).decode())
    with urllib.request.urlopen(request) as response:  # a refusal raises HTTPError, whose body has error_type
        return json.load(response)

made = call("POST", "/v1/b2b/organizations", {"organization_name": "LAWS1100", "organization_slug": "laws1100"})
session = call("POST", "/fake/login", {"organization_id": "laws1100", "email_address": "ada@example.edu"})
call("POST", "/v1/b2b/sessions/authenticate", {"session_token": session["session_token"]})

made = call("GET", "/v1/b2b/organizations/laws1100")
print(made["organization"]["organization_name"], [c["endpoint"] for c in call("GET", "/fake/journal")])
