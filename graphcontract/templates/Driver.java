/*
 * A template for a driver, for Java 17 or newer. It implements graphcontract's driver protocol, version 1.
 *
 * graphcontract starts this program, writes commands to its standard input and reads replies from its standard
 * output, one JSON object a line. The parts to change come first: `declaration`, `Client` and `outcome`.
 * At first `Client` is a small client on java.net.http, so that you can run it before you use your own library.
 *
 * `java Driver.java` runs it as it is, with your library on the class path: `java -cp my-library.jar Driver.java`.
 * It was run against the suites of graphcontract with Java 17. It violates a SHOULD because nothing is retried, and
 * a MUST of transport.failure because java.net.http reads the first three digits of a status: 2040 is 204 to it.
 */

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public final class Driver {

    // Change this: the client under test, and what it cannot do by design. Reports show both.

    /** Makes the reply to `start`. */
    static Map<String, Object> declaration() {
        Map<String, Object> limits = new LinkedHashMap<>();
        // Omit limits that your library does not have; the first value is the default.
        // limits.put("root", "settable" | "fixed");  fixed: it has its own service root and accepts no other
        // limits.put("https", false | true);         true: it rejects http, or sends no token over it
        // limits.put("hosts", List.of());            the only hosts to which it sends tokens
        // limits.put("proxy", "env" | "option" | "none");
        limits.put("proxy", "option");
        // limits.put("timeout", "call" | "attempt" | "none");   what its timeout bounds
        limits.put("timeout", "call");
        // limits.put("token", "call" | "client");    client: a new token needs a new client object
        // limits.put("status", true | false);        false: it does not expose the HTTP status
        // limits.put("surface", "generic" | "typed");  typed: it has a method for this operation
        return Map.of(
                "protocol", 1,
                "implementation", Map.of("name", "my-library", "version", "0.0.0", "language", "java"),
                "concurrency", 1, // how many calls this driver accepts at once
                "limits", limits);
    }

    // Change this: the library. Replace the class by the construction of your client object, and `send` by the one
    // call of its public interface that requests the operation. Do no work for the library: what is checked, encoded
    // or retried here counts as its work. If it has a list of allowed hosts, usually give it the `hosts` of `start`.
    //
    // The `request` of a call is what the contract says of it: method, path template, and which arguments are query
    // parameters. With it one driver serves every operation. A library with a method for each operation finds it from
    // the segments of the path, and the outcome of an operation that it does not have is `unsupported`.

    /** The library's documented error: the service responded, and not with success. */
    static final class GraphError extends Exception {
        final int status;
        final String code;
        final String requestId;

        GraphError(int status, Map<?, ?> error, String requestId) {
            super(text(error.get("message")) != null ? text(error.get("message")) : "status " + status);
            this.status = status;
            this.code = text(error.get("code"));
            this.requestId = requestId;
        }
    }

    /** One client object of the library. */
    static final class Client {
        private final URI proxy;
        private final String usualAuthorities; // Java does not read SSL_CERT_FILE
        private final Map<String, HttpClient> stacks = new HashMap<>(); // by the path of the authorities' file

        Client(Map<?, ?> start) {
            proxy = start.get("proxy") == null ? null : URI.create(text(start.get("proxy")));
            usualAuthorities = text(start.get("ca_file"));
        }

        /** Requests the operation within the seconds of `timeout`, and returns the status. */
        int send(Map<?, ?> rule, Map<?, ?> arguments, String root, String token, double timeout, String caFile)
                throws Exception {
            if (!token.matches("[A-Za-z0-9\\-._~+/]+=*")) {
                throw new IllegalArgumentException("this is not a bearer token");
            }
            String ownRoot = rule.get("root") + "/" + rule.get("version");
            URI url = URI.create((root != null ? root : ownRoot) + fillIn(rule, arguments));
            HttpRequest request = HttpRequest.newBuilder(url)
                    .method(text(rule.get("method")), HttpRequest.BodyPublishers.noBody())
                    .header("Authorization", "Bearer " + token)
                    .header("client-request-id", UUID.randomUUID().toString())
                    .build();
            HttpResponse<String> response = send(request, timeout, caFile != null ? caFile : usualAuthorities);
            if (response.statusCode() >= 200 && response.statusCode() < 300) {
                return response.statusCode();
            }
            Map<?, ?> error = errorOf(response.body());
            Object inner = error.containsKey("innerError") ? error.get("innerError") : error.get("innererror");
            String id = inner instanceof Map<?, ?> members ? text(members.get("request-id")) : null;
            String field = response.headers().firstValue("request-id").orElse(null);
            throw new GraphError(response.statusCode(), error, id != null ? id : field);
        }

        private HttpResponse<String> send(HttpRequest request, double timeout, String caFile) throws Exception {
            CompletableFuture<HttpResponse<String>> pending =
                    stack(caFile).sendAsync(request, HttpResponse.BodyHandlers.ofString());
            try {
                return pending.get((long) (timeout * 1000), TimeUnit.MILLISECONDS);
            } catch (ExecutionException error) {
                throw error.getCause() instanceof Exception cause ? cause : error;
            } finally {
                pending.cancel(true);
            }
        }

        private HttpClient stack(String caFile) throws IOException, GeneralSecurityException {
            if (!stacks.containsKey(caFile)) {
                HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
                if (caFile != null) {
                    builder.sslContext(trust(caFile));
                }
                if (proxy != null) {
                    builder.proxy(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort())));
                }
                stacks.put(caFile, builder.build());
            }
            return stacks.get(caFile);
        }
    }

    private static final Pattern PLACEHOLDER = Pattern.compile("('?)\\{(\\w+)\\}");

    /** Puts the arguments into the path and the query. */
    static String fillIn(Map<?, ?> rule, Map<?, ?> arguments) {
        String path = PLACEHOLDER.matcher(text(rule.get("path"))).replaceAll(found -> {
            String value = text(arguments.get(found.group(2)));
            // In a string literal, as in find(name='{name}'), OData doubles the quotes of the value.
            return found.group(1) + segment(found.group(1).isEmpty() ? value : value.replace("'", "''"));
        });
        List<String> query = new ArrayList<>();
        queryOf(rule).forEach((name, argument) -> query.add(encode(name) + "=" + encode(text(arguments.get(argument)))));
        return query.isEmpty() ? path : path + "?" + String.join("&", query);
    }

    /** Names the arguments that the query has, by the names of their query parameters. */
    static Map<String, Object> queryOf(Map<?, ?> rule) {
        Map<String, Object> names = new LinkedHashMap<>();
        ((Map<?, ?>) rule.get("parameters")).forEach((argument, schema) -> {
            Map<?, ?> members = (Map<?, ?>) schema;
            if ("query".equals(members.get("in"))) {
                names.put(text(members.containsKey("name") ? members.get("name") : argument), argument);
            }
        });
        return names;
    }

    /** Percent-encodes an argument as one segment of the path. */
    static String segment(String value) {
        if (List.of("", ".", "..").contains(value) || value.matches("(?s).*\\p{Cc}.*")) {
            throw new IllegalArgumentException("this is not an id");
        }
        return encode(value);
    }

    static String encode(String value) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new IllegalArgumentException("this is not Unicode text");
        }
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static SSLContext trust(String caFile) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (FileInputStream file = new FileInputStream(caFile)) {
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("authority " + store.size(), each);
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    /** Finds Graph's error object; empty if the content does not have one. */
    static Map<?, ?> errorOf(String content) {
        String json = content.startsWith("\uFEFF") ? content.substring(1) : content; // a byte order mark
        try {
            return Json.read(json) instanceof Map<?, ?> document
                            && document.get("error") instanceof Map<?, ?> error
                    ? error
                    : Map.of();
        } catch (IllegalArgumentException | StackOverflowError error) {
            return Map.of();
        }
    }

    /** Returns a string unchanged, null for anything else: the protocol only accepts strings. */
    static String text(Object value) {
        return value instanceof String text ? text : null;
    }

    // Change this: the outcome of a call. `failure` is for documented errors, of the library or its HTTP stack;
    // `rejected` for input that it rejected before it sent anything; `crash` for any other exception.

    /** Makes the one call, and returns its outcome. */
    static Map<String, Object> outcome(Client client, Map<?, ?> call) {
        Map<?, ?> request = (Map<?, ?>) call.get("request");
        boolean unnamed = "required".equals(request.get("query")) && queryOf(request).isEmpty();
        if ("required".equals(request.get("content")) || unnamed) {
            String reason = "this client sends neither content nor a query of its own";
            return Json.object("outcome", "unsupported", "reason", reason);
        }
        try {
            int status = client.send(
                    request,
                    (Map<?, ?>) call.get("arguments"),
                    text(call.get("base_url")), // null: the library's default root
                    text(call.get("token")),
                    ((Number) call.get("timeout")).doubleValue(), // seconds, for the whole call
                    text(call.get("ca_file")));
            return Json.object("outcome", "success", "status", status);
        } catch (IllegalArgumentException error) {
            return Json.object("outcome", "rejected", "reason", error.getMessage());
        } catch (GraphError error) {
            Map<String, Object> exposed = describe("http", error);
            exposed.putAll(Json.object("status", error.status, "code", error.code, "requestId", error.requestId));
            return Json.object("outcome", "failure", "error", exposed);
        } catch (TimeoutException error) {
            return Json.object("outcome", "failure", "error", describe("timeout", error));
        } catch (IOException error) {
            return Json.object("outcome", "failure", "error", describe("transport", error));
        } catch (Exception error) {
            return Json.object("outcome", "crash", "reason", error.toString());
        }
    }

    /** Describes what an error exposes. */
    static Map<String, Object> describe(String kind, Exception error) {
        return Json.object("kind", kind, "type", error.getClass().getSimpleName(), "message", error.getMessage());
    }

    // The protocol: do not change this part.

    /** Replies to commands until `stop`, or the end of input. */
    public static void main(String[] arguments) throws IOException {
        PrintStream replies = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // Standard output is for replies only.
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Map<?, ?> start = Map.of();
        Map<Object, Client> clients = new HashMap<>();
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            Map<?, ?> command = (Map<?, ?>) Json.read(line);
            if ("stop".equals(command.get("cmd"))) {
                break;
            }
            Map<String, Object> reply;
            if ("start".equals(command.get("cmd"))) {
                start = command;
                reply = declaration();
            } else {
                Object number = command.get("client");
                if (!clients.containsKey(number)) {
                    clients.put(number, new Client(start));
                }
                reply = outcome(clients.get(number), command);
                reply.put("seq", command.get("seq"));
            }
            replies.print(Json.write(reply) + "\n");
            replies.flush();
        }
        System.exit(0); // Threads of the HTTP stack would keep the process alive.
    }

    /** JSON, which the JDK does not have; replace it by your library's. */
    static final class Json {
        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        /** Parses to maps, lists, strings, numbers, booleans and null; IllegalArgumentException if it is not JSON. */
        static Object read(String text) {
            Json json = new Json(text);
            Object value = json.value();
            if (json.peek() != 0) {
                throw new IllegalArgumentException("more than one value");
            }
            return value;
        }

        static Map<String, Object> object(Object... namesAndValues) {
            Map<String, Object> members = new LinkedHashMap<>();
            for (int each = 0; each < namesAndValues.length; each += 2) {
                members.put((String) namesAndValues[each], namesAndValues[each + 1]);
            }
            return members;
        }

        static String write(Object value) {
            if (value instanceof Map<?, ?> members) {
                List<String> parts = new ArrayList<>();
                members.forEach((name, each) -> parts.add(write(name) + ":" + write(each)));
                return "{" + String.join(",", parts) + "}";
            }
            if (!(value instanceof String string)) {
                return String.valueOf(value);
            }
            StringBuilder quoted = new StringBuilder("\"");
            for (char each : string.toCharArray()) {
                boolean plain = each >= ' ' && each < 0x7f && each != '"' && each != '\\';
                quoted.append(plain ? String.valueOf(each) : String.format("\\u%04x", (int) each));
            }
            return quoted.append('"').toString();
        }

        private char peek() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private boolean takes(char wanted) {
            boolean found = peek() == wanted;
            at += found ? 1 : 0;
            return found;
        }

        private void expect(char wanted) {
            if (!takes(wanted)) {
                throw new IllegalArgumentException("expected " + wanted + " at " + at);
            }
        }

        private Object value() {
            switch (peek()) {
                case '{':
                    return members();
                case '[':
                    return elements();
                case '"':
                    return string();
                default:
                    return literal();
            }
        }

        private Map<String, Object> members() {
            Map<String, Object> found = new LinkedHashMap<>();
            expect('{');
            while (!takes('}')) {
                if (!found.isEmpty()) {
                    expect(',');
                }
                peek();
                String name = string();
                expect(':');
                found.put(name, value());
            }
            return found;
        }

        private List<Object> elements() {
            List<Object> found = new ArrayList<>();
            expect('[');
            while (!takes(']')) {
                if (!found.isEmpty()) {
                    expect(',');
                }
                found.add(value());
            }
            return found;
        }

        private String string() {
            StringBuilder found = new StringBuilder();
            expect('"');
            for (; at < text.length(); at++) {
                char each = text.charAt(at);
                if (each == '"') {
                    at++;
                    return found.toString();
                }
                found.append(each == '\\' ? escaped() : each);
            }
            throw new IllegalArgumentException("a string is not terminated");
        }

        private char escaped() {
            at++;
            int known = "\"\\/bfnrt".indexOf(at < text.length() ? text.charAt(at) : 0);
            if (known >= 0) {
                return "\"\\/\b\f\n\r\t".charAt(known);
            }
            if (at + 5 > text.length() || text.charAt(at) != 'u') {
                throw new IllegalArgumentException("unknown escape at " + at);
            }
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
        }

        private Object literal() {
            int begun = at;
            while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            String found = text.substring(begun, at);
            switch (found) {
                case "true":
                    return true;
                case "false":
                    return false;
                case "null":
                    return null;
                default:
                    // An integer stays one: the reply repeats the call's number.
                    return found.matches("-?[0-9]+") ? (Number) Long.valueOf(found) : Double.valueOf(found);
            }
        }
    }
}
