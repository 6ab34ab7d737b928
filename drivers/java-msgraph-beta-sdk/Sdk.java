package drivers;

import com.azure.core.exception.ClientAuthenticationException;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.microsoft.graph.beta.models.odataerrors.ErrorDetails;
import com.microsoft.graph.beta.models.odataerrors.InnerError;
import com.microsoft.graph.beta.models.odataerrors.MainError;
import com.microsoft.graph.beta.models.odataerrors.ODataError;
import com.microsoft.graph.beta.serviceclient.GraphServiceClient;
import com.microsoft.kiota.ApiException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Driver for Microsoft's Graph SDK for Java. It uses the SDK's public interface and does no work for it. Each of a few
 * threads makes a call of its own.
 */
public final class Sdk implements JsonLines.Driver {
    private static final String API_VERSION = "beta";
    private static final int MOST_CLIENTS = 12; // idle HTTP clients above this number are closed

    private final Map<List<Object>, HttpConnections> clients = new LinkedHashMap<>();
    private List<String> hosts = List.of();
    private String authorities; // Java does not read SSL_CERT_FILE
    private Proxy proxy;

    public static void main(String[] arguments) throws IOException {
        JsonLines.run(new Sdk());
    }

    /** Declares the SDK. It takes allowed hosts as names without ports. */
    @Override
    public JsonObject start(JsonObject command) {
        List<String> names = new ArrayList<>();
        for (JsonElement each : command.getAsJsonArray("hosts")) {
            names.add(URI.create("//" + each.getAsString()).getHost());
        }
        hosts = names;
        authorities = JsonLines.text(command, "ca_file");
        if (JsonLines.text(command, "proxy") != null) {
            URI address = URI.create(JsonLines.text(command, "proxy"));
            proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress(address.getHost(), address.getPort()));
        }
        if (command.has("debug") && command.get("debug").getAsBoolean()) {
            logEverything();
        }
        JsonObject implementation = new JsonObject();
        implementation.addProperty("name", "microsoft-graph-beta");
        implementation.addProperty("version", versionOf(GraphServiceClient.class));
        implementation.addProperty("language", "java");
        implementation.addProperty("family", "msgraph-sdk");
        implementation.addProperty("homepage", "https://github.com/microsoftgraph/msgraph-beta-sdk-java");
        implementation.addProperty("notes", "OkHttp " + okhttp3.OkHttp.VERSION + ", Java " + Runtime.version());
        JsonObject limits = new JsonObject();
        limits.addProperty("proxy", "option");
        limits.addProperty("surface", "typed");
        JsonArray features = new JsonArray();
        List.of("tokens", "details", "fields", "debug").forEach(features::add);
        JsonObject declaration = new JsonObject();
        declaration.add("implementation", implementation);
        declaration.add("limits", limits);
        declaration.add("features", features);
        return declaration;
    }

    /** The version in the name of the jar that has a class: this SDK's manifest does not state it. */
    private static String versionOf(Class<?> kind) {
        String jar = kind.getProtectionDomain().getCodeSource().getLocation().getPath();
        return jar.replaceFirst(".*-([0-9][^/-]*)\\.jar", "$1");
    }

    private static void logEverything() {
        ConsoleHandler handler = new ConsoleHandler();
        handler.setLevel(Level.ALL);
        Logger.getLogger("").addHandler(handler);
        Logger.getLogger("").setLevel(Level.ALL);
    }

    /** Makes the one call and returns its outcome. */
    @Override
    public JsonObject call(JsonObject command) {
        JsonObject request = command.getAsJsonObject("request");
        if (!request.get("version").getAsString().equals(API_VERSION)) {
            return JsonLines.outcome("unsupported", "microsoft-graph-beta calls only " + API_VERSION);
        }
        if (request.get("content").getAsString().equals("required")) {
            return JsonLines.outcome("unsupported", "this driver makes no content");
        }
        try {
            HttpConnections client = take(command);
            try {
                client.credential.setTokens(listTokens(command));
                Object builder = Navigation.findBuilder(
                        client.at(JsonLines.text(command, "base_url")),
                        request.get("path").getAsString(),
                        JsonLines.arguments(command));
                Navigation.send(builder, request.get("method").getAsString(), JsonLines.query(command));
            } finally {
                release(client);
            }
        } catch (Navigation.NoMethod error) {
            return JsonLines.outcome("unsupported", error.getMessage());
        } catch (ApiException error) {
            return JsonLines.failure(describe(error));
        } catch (ClientAuthenticationException error) {
            return JsonLines.failure(JsonLines.error("credential", error));
        } catch (IllegalArgumentException error) {
            return JsonLines.outcome("rejected", error); // What OkHttp documents for a URL or a field
        } catch (RuntimeException error) {
            return describeWrapped(error);
        } catch (Exception error) {
            return JsonLines.outcome("crash", error);
        }
        return JsonLines.outcome("success");
    }

    /** The SDK wraps what OkHttp and java.net throw in a RuntimeException. */
    private static JsonObject describeWrapped(RuntimeException error) {
        if (error.getCause() instanceof InterruptedIOException cause) {
            return JsonLines.failure(JsonLines.error("timeout", cause));
        } else if (error.getCause() instanceof java.net.MalformedURLException
                || error.getCause() instanceof URISyntaxException) {
            return JsonLines.outcome("rejected", error.getCause());
        } else if (error.getCause() instanceof IOException cause) {
            return JsonLines.failure(JsonLines.error("transport", cause));
        }
        return JsonLines.outcome("crash", error);
    }

    /** Describes what the SDK's error for a response exposes. */
    private static JsonObject describe(ApiException error) {
        MainError graph = error instanceof ODataError odata ? odata.getError() : null;
        InnerError inner = graph != null ? graph.getInnerError() : null;
        JsonObject exposed = JsonLines.error("http", error);
        exposed.addProperty("status", error.getResponseStatusCode());
        Map<String, String> fields = new HashMap<>();
        error.getResponseHeaders().forEach((name, values) -> fields.put(name, String.join(", ", values)));
        JsonObject all = new JsonObject();
        fields.forEach(all::addProperty);
        exposed.add("fields", all);
        String id = inner != null ? inner.getRequestId() : null;
        exposed.addProperty("requestId", id != null ? id : fields.get("request-id"));
        if (graph != null) {
            exposed.addProperty("code", graph.getCode());
            exposed.addProperty("message", graph.getMessage());
            JsonArray details = new JsonArray();
            List<ErrorDetails> given = graph.getDetails() != null ? graph.getDetails() : List.of();
            given.forEach(each -> details.add(each.getCode()));
            exposed.add("details", details);
        }
        return exposed;
    }

    private static Iterator<String> listTokens(JsonObject command) {
        if (!command.has("tokens") || command.get("tokens").isJsonNull()) {
            return Stream.generate(() -> command.get("token").getAsString()).iterator();
        }
        return command.getAsJsonArray("tokens").asList().stream().map(JsonElement::getAsString).iterator();
    }

    private synchronized HttpConnections take(JsonObject command) throws Exception {
        String caFile = JsonLines.text(command, "ca_file") != null ? JsonLines.text(command, "ca_file") : authorities;
        double timeout = command.get("timeout").getAsDouble();
        List<Object> key = List.of(command.get("client").getAsInt(), String.valueOf(caFile), timeout);
        if (!clients.containsKey(key)) {
            clients.put(key, new HttpConnections(hosts, proxy, caFile, timeout));
        }
        HttpConnections client = clients.get(key);
        client.underWay++;
        return client;
    }

    private synchronized void release(HttpConnections client) {
        client.underWay--;
        Iterator<HttpConnections> oldest = clients.values().iterator();
        while (clients.size() > MOST_CLIENTS && oldest.hasNext()) {
            HttpConnections each = oldest.next();
            if (each.underWay == 0) {
                each.close();
                oldest.remove();
            }
        }
    }
}
