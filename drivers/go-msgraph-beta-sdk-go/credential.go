package main

import (
	"context"
	"net/url"
	"sync"

	"github.com/microsoft/kiota-abstractions-go/authentication"
	"graphcontract.test/drivers/go-net-http/protocol"
)

// noToken is the error of a credential that has no token left.
type noToken struct{}

func (*noToken) Error() string { return "the credential has no token" }

// tokens are what a call hands out, in this order; every is handed out each time.
type tokens struct {
	lock  sync.Mutex
	every string
	left  *[]string
}

type tokensKey struct{}

func withTokens(ctx context.Context, call protocol.Command) context.Context {
	return context.WithValue(ctx, tokensKey{}, &tokens{every: call.Token, left: call.Tokens})
}

func (t *tokens) next() (string, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.left == nil {
		return t.every, nil
	}
	if len(*t.left) == 0 {
		return "", &noToken{}
	}
	token := (*t.left)[0]
	*t.left = (*t.left)[1:]
	return token, nil
}

// credential hands out the tokens of the call in the context, for the allowed hosts only.
type credential struct {
	hosts authentication.AllowedHostsValidator
}

func newCredential(hosts []string) *credential {
	names := []string{}
	for _, host := range hosts {
		if parsed, err := url.Parse("//" + host); err == nil {
			names = append(names, parsed.Hostname())
		}
	}
	return &credential{authentication.NewAllowedHostsValidator(names)}
}

// GetAuthorizationToken returns the token, or an empty string for a host that is not allowed: then the SDK sends none.
func (c *credential) GetAuthorizationToken(ctx context.Context, uri *url.URL, _ map[string]any) (string, error) {
	if !c.hosts.IsUrlHostValid(uri) {
		return "", nil
	}
	return ctx.Value(tokensKey{}).(*tokens).next()
}

// GetAllowedHostsValidator returns the hosts to which the token may be sent.
func (c *credential) GetAllowedHostsValidator() *authentication.AllowedHostsValidator {
	return &c.hosts
}
