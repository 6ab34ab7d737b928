// Any operation in a few lines on net/http, as in many programs, and its driver.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"graphcontract.test/drivers/go-net-http/protocol"
)

// statusError says that the service responded, and not with success.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return fmt.Sprintf("response status: %d", e.status)
}

// send requests one operation, of which target is the URL, and returns the status.
func send(ctx context.Context, client *http.Client, method, target, token string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return 0, &statusError{response.StatusCode}
	}
	return response.StatusCode, nil
}

var placeholder = regexp.MustCompile(`'\{\w+\}'|\{\w+\}`)

// fillIn percent-encodes the arguments into a URL template; in a quoted string of OData, quotes are doubled.
func fillIn(template string, arguments, query map[string]string) string {
	target := placeholder.ReplaceAllStringFunc(template, func(found string) string {
		value := arguments[strings.Trim(found, "'{}")]
		if strings.HasPrefix(found, "'") {
			return "'" + url.PathEscape(strings.ReplaceAll(value, "'", "''")) + "'"
		}
		return url.PathEscape(value)
	})
	if len(query) == 0 {
		return target
	}
	values := url.Values{}
	for name, value := range query {
		values.Set(name, value)
	}
	return target + "?" + values.Encode()
}

// The driver.

type clientKey struct {
	number int64
	caFile string
}

type driver struct {
	lock    sync.Mutex
	clients map[clientKey]*http.Client
}

func (d *driver) Start(protocol.Command) protocol.Object {
	return protocol.Object{
		"implementation": protocol.Object{
			"name":     "net/http",
			"version":  strings.TrimPrefix(runtime.Version(), "go"),
			"language": "go",
			"homepage": "https://pkg.go.dev/net/http",
			"notes":    "a few lines on http.Client",
		},
		"limits": protocol.Object{"surface": "generic"},
	}
}

func (d *driver) Features() []string { return nil }

func (d *driver) Call(ctx context.Context, call protocol.Command) protocol.Object {
	rule, query := call.Request, call.QueryValues()
	if rule.Content == "required" {
		return protocol.Reason("unsupported", "these few lines send no content")
	}
	if rule.Query == "required" && len(query) == 0 {
		return protocol.Reason("unsupported", "the contract does not say which query is required")
	}
	root := call.BaseURL
	if root == "" {
		root = rule.Root + "/" + rule.Version
	}
	client, err := d.client(clientKey{call.Client, call.CAFile})
	if err != nil {
		return protocol.Reason("unsupported", err.Error())
	}
	status, err := send(ctx, client, rule.Method, fillIn(root+rule.Path, call.Arguments, query), call.Token)
	var failed *statusError
	switch {
	case errors.As(err, &failed):
		return protocol.Failure(err, protocol.Object{"kind": "http", "status": failed.status})
	case err != nil:
		return protocol.Failure(err, nil)
	}
	return protocol.Object{"outcome": "success", "status": status}
}

// client returns the client object of a number. Its transport is the usual one, with the proxy of the environment.
func (d *driver) client(key clientKey) (*http.Client, error) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if made, ok := d.clients[key]; ok {
		return made, nil
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if key.caFile != "" {
		authorities, err := os.ReadFile(key.caFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(authorities)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	made := &http.Client{Transport: transport}
	d.clients[key] = made
	return made, nil
}

func main() {
	if err := protocol.Run(&driver{clients: map[clientKey]*http.Client{}}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
