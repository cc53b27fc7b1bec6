"""What the servers in these scripts have in common: they answer on kept connections, and write nothing."""

import http.server


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # the function is killed when it has answered


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
