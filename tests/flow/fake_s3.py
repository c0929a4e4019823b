"""A store of objects, as far as a sink needs one: PUT with conditions, HEAD, GET; Amazon's words and Google's. It checks each
signature by a computation of its own, remembers every write that it accepted, and fails when it is told to.

The rules are of the documents: "Signature Calculations for the Authorization Header" (Amazon S3), "Signatures" and "Request
preconditions" (Google Cloud Storage)."""
import hashlib
import hmac
import http.server
import re
import threading
import time

FORMS = {"s3": ("AWS4", "aws4_request", "x-amz-", "s3"), "google": ("GOOG4", "goog4_request", "x-goog-", "storage")}


class Refused(Exception):
    def __init__(self, status, code, message=""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Store:
    """`.fail`: a function (method, name, number of the request) -> None, or what goes wrong: a status; (status, {header: value}); "drop", the connection is closed
    unheard; "lost", the write is made and the connection closed before the reply."""

    def __init__(self, form="s3", region=None, key="AKIDEXAMPLE", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", tls=None):
        self.form, self.key, self.secret = form, key, secret
        self.region = region or ("us-east-1" if form == "s3" else "auto")
        self.lock = threading.Lock()
        self.objects = {}  # path -> (body, {header: value}, ETag, generation)
        self.writes = []  # [(path, version, body)], in their order
        self.requests = []  # [(method, path, status)]
        self.fail = lambda method, path, number: None
        self.conditional = True  # else it takes each PUT, as an old server would
        self.generation = 1000
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def do_PUT(self):
                store.handle(self)

            do_HEAD = do_GET = do_PUT

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that left

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def body(self, path):
        with self.lock:
            found = self.objects.get(path)
            return found[0] if found else None

    # --- one request

    def handle(self, request):
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length)
        with self.lock:
            number = len(self.requests)
            self.requests.append([request.command, request.path, None])
        fault = self.fail(request.command, request.path, number)
        if fault == "drop":
            request.close_connection = True
            return
        headers, reply = {}, b""
        if isinstance(fault, tuple):
            fault, headers = fault
        try:
            if isinstance(fault, int):
                raise Refused(fault, {503: "SlowDown", 403: "AccessDenied", 501: "NotImplemented"}.get(fault, "Fault"), "told to")
            self.check_signature(request, body)
            with self.lock:
                status, headers, reply = getattr(self, "do_" + request.command.lower())(request, body)
        except Refused as refused:
            status = refused.status
            reply = (f"<?xml version='1.0'?><Error><Code>{refused.code}</Code><Message>{refused.message}</Message></Error>").encode()
        self.requests[number][2] = status
        if fault == "lost":
            request.close_connection = True
            return
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(reply)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(reply)

    def headers_of(self, path):
        _, kept, tag, generation = self.objects[path]
        return {**kept, "ETag": tag, **({"x-goog-generation": str(generation)} if self.form == "google" else {})}

    def do_head(self, request, _):
        if request.path not in self.objects:
            raise Refused(404, "NoSuchKey")
        return 200, self.headers_of(request.path), self.objects[request.path][0] if request.command == "GET" else b""

    do_get = do_head

    def condition_holds(self, request):
        there = self.objects.get(request.path)
        if self.form == "google":
            wanted = request.headers.get("x-goog-if-generation-match")
            return wanted is None or int(wanted) == (there[3] if there else 0)
        if request.headers.get("If-None-Match") == "*" and there:
            return False
        match = request.headers.get("If-Match")
        if match is not None and not there:
            raise Refused(404, "NoSuchKey")  # as Amazon's
        return match is None or match == there[2]

    def do_put(self, request, body):
        if self.conditional and not self.condition_holds(request):
            raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        prefix = FORMS[self.form][2] + "meta-"
        kept = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith(prefix)}
        kept["Content-Type"] = request.headers.get("Content-Type", "")
        self.put(request.path, body, kept)
        return 200, self.headers_of(request.path), b""

    def put(self, path, body, kept):
        """Also what somebody else writes."""
        self.generation += 1
        self.objects[path] = (body, kept, f'"{hashlib.md5(body).hexdigest()}-{self.generation}"', self.generation)
        self.writes.append((path, int(kept.get(FORMS[self.form][2] + "meta-version", 0)), body))

    # --- its signature

    def check_signature(self, request, body):
        name, end, own, service = FORMS[self.form]
        given = re.fullmatch(name + r"-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?"
                             r"Signature=([0-9a-f]{64})", request.headers.get("Authorization", ""))
        if not given:
            raise Refused(403, "AccessDenied", "no signature")
        key, day, region, of, suffix, signed, signature = given.groups()
        headers = {}
        for header, value in request.headers.items():
            headers.setdefault(header.lower(), []).append(" ".join(value.split()))
        if key != self.key:
            raise Refused(403, "InvalidAccessKeyId")
        if region != self.region:
            raise Refused(400, "AuthorizationHeaderMalformed", f"the region '{region}' is wrong; expecting '{self.region}'")
        names = signed.split(";")
        missing = [n for n in names if n not in headers]
        if missing or names != sorted(names):
            raise Refused(403, "SignatureDoesNotMatch", f"signed and not sent: {missing}")
        unsigned = [n for n in headers if (n.startswith(own) or n == "host") and n not in names]
        if unsigned:
            raise Refused(403, "AccessDenied", f"headers that were not signed: {unsigned}")
        date = headers.get(own + "date", [""])[0]
        sha = headers.get(own + "content-sha256", [""])[0]
        if sha != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        when = time.mktime(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.timezone
        if date[:8] != day or abs(time.time() - when) > 900:
            raise Refused(403, "RequestTimeTooSkewed")
        if (of, suffix) != (service, end):
            raise Refused(403, "SignatureDoesNotMatch", f"scope {of}/{suffix}")
        if not re.fullmatch(r"([A-Za-z0-9/._~-]|%40)+", request.path):
            raise Refused(400, "InvalidURI")  # no other is expected: then it is canonical as it stands
        canonical = "\n".join([request.command, request.path, "", *[f"{n}:{','.join(headers[n])}" for n in names], "", signed, sha])
        scope = f"{day}/{region}/{service}/{end}"
        to_sign = "\n".join([name + "-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        digest = (name + self.secret).encode()
        for part in (day, region, service, end):
            digest = hmac.new(digest, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(hmac.new(digest, to_sign.encode(), hashlib.sha256).hexdigest(), signature):
            raise Refused(403, "SignatureDoesNotMatch")

    # --- what a test asks

    def falls(self):
        """Writes of an older version over a newer one."""
        highest, found = {}, []
        for path, version, _ in self.writes:
            if version < highest.get(path, 0):
                found.append((path, version, highest[path]))
            highest[path] = max(version, highest.get(path, 0))
        return found
