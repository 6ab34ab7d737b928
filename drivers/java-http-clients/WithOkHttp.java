package drivers;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Any operation in a few lines on OkHttp, as in small programs and Android apps, and its driver. */
public final class WithOkHttp implements JsonLines.Driver {

    /** The service responded, and not with success. */
    static final class StatusException extends IOException {
        final int status;

        StatusException(int status) {
            super("Response status: " + status);
            this.status = status;
        }
    }

    /** Requests one operation and returns the status; `path` is a template. */
    static int send(
            OkHttpClient client,
            String method,
            String root,
            String path,
            Map<String, String> arguments,
            Map<String, String> query,
            String token)
            throws IOException {
        HttpUrl.Builder url = HttpUrl.get(root).newBuilder();
        for (String segment : path.substring(1).split("/")) {
            url.addPathSegment(fillIn(segment, arguments));
        }
        query.forEach(url::addQueryParameter);
        Request request = new Request.Builder()
                .url(url.build())
                .method(method, method.equals("POST") ? RequestBody.create(new byte[0]) : null)
                .header("Authorization", "Bearer " + token)
                .build();
        try (Response response = client.newCall(request).execute()) {
            if (!response.isSuccessful()) {
                throw new StatusException(response.code());
            }
            return response.code();
        }
    }

    /** Puts the arguments into a segment of the path; in a quoted string of OData, quotes are doubled. */
    static String fillIn(String segment, Map<String, String> arguments) {
        return Pattern.compile("('?)\\{(\\w+)\\}").matcher(segment).replaceAll(found -> {
            String value = arguments.get(found.group(2));
            String doubled = found.group(1).isEmpty() ? value : value.replace("'", "''");
            return Matcher.quoteReplacement(found.group(1) + doubled);
        });
    }

    // The driver.

    private final Map<String, OkHttpClient> clients = new HashMap<>();
    private String authorities; // Java does not read SSL_CERT_FILE
    private Proxy proxy;

    public static void main(String[] arguments) throws IOException {
        JsonLines.run(new WithOkHttp());
    }

    @Override
    public JsonObject start(JsonObject command) {
        authorities = JsonLines.text(command, "ca_file");
        if (JsonLines.text(command, "proxy") != null) {
            URI address = URI.create(JsonLines.text(command, "proxy"));
            proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress(address.getHost(), address.getPort()));
        }
        String notes = "a few lines on OkHttpClient, Java " + Runtime.version();
        return JsonLines.declaration("OkHttp", okhttp3.OkHttp.VERSION, notes, "call");
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
                    JsonLines.root(command),
                    JsonLines.text(command.getAsJsonObject("request"), "path"),
                    JsonLines.arguments(command),
                    JsonLines.query(command),
                    JsonLines.text(command, "token"));
            return JsonLines.success(status);
        } catch (StatusException error) {
            JsonObject exposed = JsonLines.error("http", error);
            exposed.addProperty("status", error.status);
            return JsonLines.failure(exposed);
        } catch (IllegalArgumentException error) {
            return JsonLines.outcome("rejected", error);
        } catch (InterruptedIOException error) {
            return JsonLines.failure(JsonLines.error("timeout", error));
        } catch (IOException error) {
            return JsonLines.failure(JsonLines.error("transport", error));
        }
    }

    private synchronized OkHttpClient take(JsonObject command) throws Exception {
        String own = JsonLines.text(command, "ca_file");
        String caFile = own != null ? own : authorities;
        String key = command.get("client") + " " + caFile + " " + command.get("timeout");
        if (!clients.containsKey(key)) {
            Authorities trusted = Authorities.of(caFile);
            OkHttpClient client = new OkHttpClient.Builder()
                    .proxy(proxy)
                    .sslSocketFactory(trusted.context().getSocketFactory(), trusted.manager())
                    .callTimeout(JsonLines.timeout(command))
                    .build();
            clients.put(key, client);
        }
        return clients.get(key);
    }
}
