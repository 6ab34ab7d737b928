package drivers;

import com.azure.core.exception.ClientAuthenticationException;
import com.microsoft.kiota.authentication.AccessTokenProvider;
import com.microsoft.kiota.authentication.AllowedHostsValidator;
import java.net.URI;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Hands out the tokens of the call that the current thread makes, for the allowed hosts only: the SDK asks for them in
 * the thread of its caller.
 */
final class Credential implements AccessTokenProvider {
    private final ThreadLocal<Iterator<String>> tokens = new ThreadLocal<>();
    private final AllowedHostsValidator hosts;

    Credential(List<String> hosts) {
        this.hosts = new AllowedHostsValidator(hosts.toArray(String[]::new));
    }

    /** Sets what the next call of this thread gets, in this order. */
    void setTokens(Iterator<String> tokens) {
        this.tokens.set(tokens);
    }

    /** Returns the next token, or an empty string for a host that is not allowed; fails as Azure's credentials do. */
    @Override
    public String getAuthorizationToken(URI uri, Map<String, Object> context) {
        if (!hosts.isUrlHostValid(uri)) {
            return "";
        }
        if (!tokens.get().hasNext()) {
            throw new ClientAuthenticationException("the credential has no token", null);
        }
        return tokens.get().next();
    }

    @Override
    public AllowedHostsValidator getAllowedHostsValidator() {
        return hosts;
    }
}
