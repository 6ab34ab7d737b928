// Driver for Microsoft's Graph SDK for Go, msgraph-beta-sdk-go. It uses the SDK's public interface and does no work for
// it. Each call is a goroutine, and has its tokens in its context.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	khttp "github.com/microsoft/kiota-http-go"
	msgraph "github.com/microsoftgraph/msgraph-beta-sdk-go"
	"github.com/microsoftgraph/msgraph-beta-sdk-go/models/odataerrors"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"graphcontract.test/drivers/go-net-http/protocol"
)

const (
	distribution = "msgraph-beta-sdk-go"
	apiVersion   = "beta"
)

// httpKey identifies one HTTP client, and clientKey one client object of the SDK, whose root is a property of it.
type httpKey struct {
	number int64
	caFile string
}

type clientKey struct {
	httpKey
	root string
}

type driver struct {
	lock        sync.Mutex
	credential  *credential
	httpClients map[httpKey]*http.Client
	clients     map[clientKey]*msgraph.GraphServiceClient
}

// Start declares the SDK. It takes allowed hosts as names without ports.
func (d *driver) Start(command protocol.Command) protocol.Object {
	d.credential = newCredential(command.Hosts)
	options := msgraph.GetDefaultClientOptions()
	return protocol.Object{
		"implementation": protocol.Object{
			"name":     distribution,
			"version":  options.GraphServiceLibraryVersion,
			"language": "go",
			"family":   "msgraph-sdk",
			"homepage": "https://github.com/microsoftgraph/" + distribution,
			"notes":    strings.Replace(runtime.Version(), "go", "Go ", 1),
		},
		"limits": protocol.Object{"surface": "typed"},
	}
}

// Features lists what else an error exposes, and that the SDK asks a credential for tokens.
func (d *driver) Features() []string { return []string{"tokens", "details", "fields"} }

// Call makes the one call and returns its outcome.
func (d *driver) Call(ctx context.Context, call protocol.Command) protocol.Object {
	if call.Request.Version != apiVersion {
		return protocol.Reason("unsupported", distribution+" calls only "+apiVersion)
	}
	if call.Request.Content == "required" {
		return protocol.Reason("unsupported", "this driver makes no content")
	}
	client, err := d.client(clientKey{httpKey{call.Client, call.CAFile}, call.BaseURL})
	if err != nil {
		return protocol.Reason("unsupported", err.Error())
	}
	builder, err := findBuilder(client, call.Request.Path, call.Arguments)
	if err == nil {
		err = send(withTokens(ctx, call), builder, call.Request.Method, call.QueryValues())
	}
	return describe(err)
}

// client returns a client object of the SDK.
func (d *driver) client(key clientKey) (*msgraph.GraphServiceClient, error) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if made, ok := d.clients[key]; ok {
		return made, nil
	}
	if d.httpClients[key.httpKey] == nil {
		made, err := newHTTPClient(key.caFile)
		if err != nil {
			return nil, err
		}
		d.httpClients[key.httpKey] = made
	}
	provider := authentication.NewBaseBearerTokenAuthenticationProvider(d.credential)
	adapter, err := msgraph.NewGraphRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		provider, nil, nil, d.httpClients[key.httpKey])
	if err != nil {
		return nil, err
	}
	made := msgraph.NewGraphServiceClient(adapter)
	if key.root != "" {
		adapter.SetBaseUrl(key.root)
	}
	d.clients[key] = made
	return made, nil
}

// newHTTPClient makes an HTTP client with the SDK's middleware; without a file of authorities, it is the SDK's own. The
// context of each call has its timeout.
func newHTTPClient(caFile string) (*http.Client, error) {
	options := msgraph.GetDefaultClientOptions()
	client := core.GetDefaultClient(&options)
	if caFile == "" {
		return client, nil
	}
	authorities, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authorities)
	transport := khttp.GetDefaultTransport().(*http.Transport)
	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	middleware := core.GetDefaultMiddlewaresWithOptions(&options)
	client.Transport = khttp.NewCustomTransportWithParentTransport(transport, middleware...)
	return client, nil
}

// describe makes the outcome of an error of the SDK, or of none.
func describe(err error) protocol.Object {
	var unsupported *noMethod
	var refused *noToken
	var response abstractions.ApiErrorable
	switch {
	case err == nil:
		return protocol.Object{"outcome": "success"}
	case errors.As(err, &unsupported):
		return protocol.Reason("unsupported", err.Error())
	case errors.As(err, &refused):
		return protocol.Failure(err, protocol.Object{"kind": "credential"})
	case errors.As(err, &response):
		return protocol.Failure(err, describeResponse(response))
	}
	return protocol.Failure(err, nil)
}

// describeResponse describes what the SDK's error for a response exposes.
func describeResponse(response abstractions.ApiErrorable) protocol.Object {
	fields := map[string]string{}
	if headers := response.GetResponseHeaders(); headers != nil {
		for _, name := range headers.ListKeys() {
			fields[name] = strings.Join(headers.Get(name), ", ")
		}
	}
	exposed := protocol.Object{"kind": "http", "status": response.GetStatusCode(), "fields": fields}
	if id, found := fields["request-id"]; found {
		exposed["requestId"] = id
	}
	graph, ok := response.(*odataerrors.ODataError)
	if !ok || graph.GetErrorEscaped() == nil {
		return exposed
	}
	main := graph.GetErrorEscaped()
	exposed["code"], exposed["message"] = main.GetCode(), main.GetMessage()
	details := []string{}
	for _, each := range main.GetDetails() {
		if each.GetCode() != nil {
			details = append(details, *each.GetCode())
		}
	}
	exposed["details"] = details
	if inner := main.GetInnerError(); inner != nil && inner.GetRequestId() != nil {
		exposed["requestId"] = *inner.GetRequestId()
	}
	return exposed
}

func main() {
	err := protocol.Run(&driver{
		httpClients: map[httpKey]*http.Client{},
		clients:     map[clientKey]*msgraph.GraphServiceClient{},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
