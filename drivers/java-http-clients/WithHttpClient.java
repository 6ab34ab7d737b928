package drivers;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Any operation in a few lines on the JDK's HTTP client, as in small programs, and its driver. */
public final class WithHttpClient implements JsonLines.Driver {

    /** The service responded, and not with success. */
    static final class StatusException extends IOException {
        final int status;

        StatusException(int status) {
            super("Response status: " + status);
            this.status = status;
        }
    }

    /** Requests one operation and returns the status; `url` is a template. */
    static int send(
            HttpClient client,
            String method,
            String url,
            Map<String, String> arguments,
            Map<String, String> query,
            String token,
            Duration timeout)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(fillIn(url, arguments) + encode(query)))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .header("Authorization", "Bearer " + token)
                .timeout(timeout)
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw new StatusException(response.statusCode());
        }
        return response.statusCode();
    }

    /** Percent-encodes the arguments into a URL template; in a quoted string of OData, quotes are doubled. */
    static String fillIn(String url, Map<String, String> arguments) {
        return Pattern.compile("('?)\\{(\\w+)\\}").matcher(url).replaceAll(found -> {
            String value = arguments.get(found.group(2));
            return found.group(1) + encode(found.group(1).isEmpty() ? value : value.replace("'", "''"));
        });
    }

    static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static String encode(Map<String, String> query) {
        return query.isEmpty() ? "" : query.entrySet().stream()
                .map(each -> encode(each.getKey()) + "=" + encode(each.getValue()))
                .collect(Collectors.joining("&", "?", ""));
    }

    // The driver.

    private final Map<String, HttpClient> clients = new HashMap<>();
    private String authorities; // Java does not read SSL_CERT_FILE
    private ProxySelector proxy;

    public static void main(String[] arguments) throws IOException {
        JsonLines.run(new WithHttpClient());
    }

    @Override
    public JsonObject start(JsonObject command) {
        authorities = JsonLines.text(command, "ca_file");
        if (JsonLines.text(command, "proxy") != null) {
            URI address = URI.create(JsonLines.text(command, "proxy"));
            proxy = ProxySelector.of(new InetSocketAddress(address.getHost(), address.getPort()));
        }
        return JsonLines.declaration(
                "java.net.http", Runtime.version().toString(), "a few lines on HttpClient", "attempt");
    }

    @Override
    public JsonObject call(JsonObject command) throws Exception {
        JsonObject unsupported = JsonLines.findUnsupported(command);
        if (unsupported != null) {
            return unsupported;
        }
        try {
            int status = send(
                    take(command),
                    JsonLines.text(command.getAsJsonObject("request"), "method"),
                    JsonLines.root(command) + JsonLines.text(command.getAsJsonObject("request"), "path"),
                    JsonLines.arguments(command),
                    JsonLines.query(command),
                    JsonLines.text(command, "token"),
                    JsonLines.timeout(command));
            return JsonLines.success(status);
        } catch (StatusException error) {
            JsonObject exposed = JsonLines.error("http", error);
            exposed.addProperty("status", error.status);
            return JsonLines.failure(exposed);
        } catch (IllegalArgumentException error) {
            return JsonLines.outcome("rejected", error);
        } catch (HttpTimeoutException error) {
            return JsonLines.failure(JsonLines.error("timeout", error));
        } catch (IOException error) {
            return JsonLines.failure(JsonLines.error("transport", error));
        }
    }

    private synchronized HttpClient take(JsonObject command) throws Exception {
        String own = JsonLines.text(command, "ca_file");
        String caFile = own != null ? own : authorities;
        String key = command.get("client") + " " + caFile;
        if (!clients.containsKey(key)) {
            HttpClient.Builder builder = HttpClient.newBuilder();
            if (proxy != null) {
                builder.proxy(proxy);
            }
            clients.put(key, builder.sslContext(Authorities.of(caFile).context()).build());
        }
        return clients.get(key);
    }
}
