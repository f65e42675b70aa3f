"""How is load made, and what does a result say of the machine? The same for every server."""

import http.client

ALL_CRITICAL = """
severity: [{{match: {{workflow: "*"}}, severity: critical}}]
channels: {{hook: {{type: webhook, url: "{url}"}}}}
"""  # a configuration: every failure is told at once


def post_traces(connection: http.client.HTTPConnection, body: bytes) -> int:
    """The status of the answer."""
    connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
    answer = connection.getresponse()
    answer.read()
    return answer.status
