package drivers;

import java.io.FileInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** The authorities of a PEM file, or the JDK's own, as HTTP clients take them. */
record Authorities(SSLContext context, X509TrustManager manager) {
    private static final Map<String, Authorities> READ = new HashMap<>();

    /**
     * Reads a file, once; null means the JDK's own. All client objects of the driver share them: to read them anew
     * takes a tenth of a second.
     */
    static synchronized Authorities of(String caFile) throws IOException, GeneralSecurityException {
        if (!READ.containsKey(caFile)) {
            READ.put(caFile, trust(caFile == null ? null : read(caFile)));
        }
        return READ.get(caFile);
    }

    private static KeyStore read(String caFile) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (FileInputStream file = new FileInputStream(caFile)) {
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("authority " + store.size(), each);
            }
        }
        return store;
    }

    private static Authorities trust(KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return new Authorities(context, (X509TrustManager) managers.getTrustManagers()[0]);
    }
}
