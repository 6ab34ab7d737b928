package drivers;

import com.microsoft.graph.beta.serviceclient.GraphServiceClient;
import com.microsoft.graph.core.requests.BaseGraphRequestAdapter;
import com.microsoft.graph.core.requests.GraphClientFactory;
import com.microsoft.kiota.authentication.BaseBearerTokenAuthenticationProvider;
import java.net.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.OkHttpClient;

/**
 * One OkHttp client with the SDK's default middleware, and a client object of the SDK for each root, since the root is
 * a property of that object. The timeout is that of OkHttp's calls.
 */
final class HttpConnections {
    final Credential credential;
    int underWay; // calls
    private final OkHttpClient http;
    private final Map<String, GraphServiceClient> byRoot = new ConcurrentHashMap<>();

    HttpConnections(List<String> hosts, Proxy proxy, String caFile, double timeout) throws Exception {
        credential = new Credential(hosts);
        Authorities authorities = Authorities.of(caFile);
        http = GraphClientFactory.create()
                .proxy(proxy)
                .sslSocketFactory(authorities.context().getSocketFactory(), authorities.manager())
                .callTimeout(Duration.ofMillis(Math.round(timeout * 1000)))
                .build();
    }

    /** The SDK's client object for a root; null is the SDK's own. */
    GraphServiceClient at(String root) {
        return byRoot.computeIfAbsent(String.valueOf(root), key -> {
            var authentication = new BaseBearerTokenAuthenticationProvider(credential);
            return root == null
                    ? new GraphServiceClient(authentication, http)
                    : new GraphServiceClient(new BaseGraphRequestAdapter(authentication, root, http));
        });
    }

    /** Closes its connections. */
    void close() {
        http.dispatcher().executorService().shutdown();
        http.connectionPool().evictAll();
    }
}
