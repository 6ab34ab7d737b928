// A template for a driver, for Go 1.21 or newer. It implements graphcontract's driver protocol, version 1.
//
// graphcontract starts this program, writes commands to its standard input and reads replies from its standard
// output, one JSON object a line. The parts to change come first: declaration, client and outcomeOf. At
// first client is a small client on net/http, so that you can run it before you use your own library.
//
// `go run driver.go` runs it as it is. Put it into a module to import your library.
// It was run against the suites of graphcontract with Go 1.26; it violates a SHOULD because nothing is retried.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode"
)

type object = map[string]any

type command struct {
	Cmd       string            `json:"cmd"`
	Seq       int64             `json:"seq"`
	Hosts     []string          `json:"hosts"`
	Proxy     string            `json:"proxy"`
	Request   rule              `json:"request"`
	BaseURL   string            `json:"base_url"`
	Token     string            `json:"token"`
	Arguments map[string]string `json:"arguments"`
	Timeout   float64           `json:"timeout"`
	CAFile    string            `json:"ca_file"`
	Client    int64             `json:"client"`
}

// rule is what the contract says of a call's request.
type rule struct {
	Method  string `json:"method"`
	Root    string `json:"root"`
	Version string `json:"version"`
	Path    string `json:"path"`
	Query   string `json:"query"`
	Content string `json:"content"`

	Parameters map[string]struct {
		In   string `json:"in"`
		Name string `json:"name"`
	} `json:"parameters"`
}

// query names the arguments that the query has, by the names of their query parameters.
func (r rule) query() map[string]string {
	names := map[string]string{}
	for argument, parameter := range r.Parameters {
		if parameter.In != "query" {
			continue
		}
		if parameter.Name == "" {
			parameter.Name = argument
		}
		names[parameter.Name] = argument
	}
	return names
}

// Change this: the client under test, and what it cannot do by design. Reports show both.

// declaration makes the reply to start.
func declaration() object {
	return object{
		"protocol":       1,
		"implementation": object{"name": "my-library", "version": "0.0.0", "language": "go"},
		"concurrency":    1, // how many calls this driver accepts at once
		// Omit limits that your library does not have; the first value is the default.
		"limits": object{
			// "root": "settable" | "fixed"     fixed: it has its own service root and accepts no other
			// "https": false | true            true: it rejects http, or sends no token over it
			// "hosts": []string{}              the only hosts to which it sends tokens
			// "proxy": "env" | "option" | "none"
			"proxy": "option",
			// "timeout": "call" | "attempt" | "none"   what its timeout bounds
			"timeout": "call",
			// "token": "call" | "client"       client: a new token needs a new client object
			// "status": true | false           false: it does not expose the HTTP status
			// "surface": "generic" | "typed"   typed: it has a method for this operation
		},
	}
}

// Change this: the library. Replace the type by your client object, and send by the one call of its public interface
// that requests the operation. Do no work for the library: what is checked, encoded or retried here counts as its work.
// If it has a list of allowed hosts, usually give it the hosts of start.
//
// The rule of a call is what the contract says of its request: method, path template, and which arguments are query
// parameters. With them one driver serves every operation. A library with a method for each operation finds it from the
// segments of the path, and the outcome of an operation that it does not have is unsupported.

const mostBytes = 4 << 20

var (
	errInput    = errors.New("the input was rejected before anything was sent")
	bearerToken = regexp.MustCompile(`\A[A-Za-z0-9\-._~+/]+=*\z`)
)

// graphError is the library's documented error: the service responded, and not with success.
type graphError struct {
	status                   int
	code, message, requestID *string
}

func (e *graphError) Error() string {
	if e.message != nil {
		return *e.message
	}
	return fmt.Sprintf("status %d", e.status)
}

// client is one client object of the library.
type client struct {
	start  command
	stacks map[string]*http.Client // by the path of the authorities' file
}

// send requests the operation and returns the status. An empty BaseURL is the library's default root.
func (c *client) send(ctx context.Context, call command) (int, error) {
	if !bearerToken.MatchString(call.Token) {
		return 0, fmt.Errorf("%w: this is not a bearer token", errInput)
	}
	root := call.BaseURL
	if root == "" {
		root = call.Request.Root + "/" + call.Request.Version
	}
	target, err := fillIn(call.Request, call.Arguments)
	if err != nil {
		return 0, err
	}
	// Without content, net/http sends Content-Length: 0 with a POST, PUT or PATCH.
	request, err := http.NewRequestWithContext(ctx, call.Request.Method, root+target, nil)
	if err != nil {
		return 0, fmt.Errorf("%w: %v", errInput, err)
	}
	request.Header.Set("Authorization", "Bearer "+call.Token)
	request.Header.Set("client-request-id", guid())
	stack, err := c.stack(call.CAFile)
	if err != nil {
		return 0, err
	}
	response, err := stack.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(io.LimitReader(response.Body, mostBytes)) // Without the content, the status is enough.
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return response.StatusCode, nil
	}
	return 0, errorOf(response, content)
}

var placeholder = regexp.MustCompile(`'\{\w+\}'|\{\w+\}`)

// fillIn puts the arguments into the path and the query.
func fillIn(request rule, arguments map[string]string) (string, error) {
	var rejected error
	path := placeholder.ReplaceAllStringFunc(request.Path, func(found string) string {
		value := arguments[strings.Trim(found, "'{}")]
		if !isSegment(value) {
			rejected = fmt.Errorf("%w: this is not an id", errInput)
		}
		if strings.HasPrefix(found, "'") {
			// In a string literal, as in find(name='{name}'), OData doubles the quotes of the value.
			return "'" + url.PathEscape(strings.ReplaceAll(value, "'", "''")) + "'"
		}
		return url.PathEscape(value)
	})
	query := url.Values{}
	for name, argument := range request.query() {
		query.Set(name, arguments[argument])
	}
	if len(query) == 0 {
		return path, rejected
	}
	return path + "?" + query.Encode(), rejected
}

// isSegment tells whether an argument can be one segment of the path.
func isSegment(value string) bool {
	return value != "" && value != "." && value != ".." && !strings.ContainsFunc(value, unicode.IsControl)
}

func (c *client) stack(caFile string) (*http.Client, error) {
	if made, ok := c.stacks[caFile]; ok {
		return made, nil
	}
	transport := &http.Transport{}
	if c.start.Proxy != "" {
		proxy, err := url.Parse(c.start.Proxy)
		if err != nil {
			return nil, err
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	if caFile != "" {
		authorities, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(authorities)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	made := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.stacks[caFile] = made
	return made, nil
}

// errorOf makes an error from Graph's error object, if the content has one.
func errorOf(response *http.Response, content []byte) error {
	var document any
	content = bytes.TrimPrefix(content, []byte("\ufeff")) // a byte order mark
	_ = json.Unmarshal(content, &document)                // Invalid JSON is treated as no document.
	top, _ := document.(object)
	found, _ := top["error"].(object)
	inner, ok := found["innerError"].(object)
	if !ok {
		inner, _ = found["innererror"].(object)
	}
	requestID := text(inner["request-id"])
	if field := response.Header.Get("request-id"); requestID == nil && field != "" {
		requestID = &field
	}
	return &graphError{response.StatusCode, text(found["code"]), text(found["message"]), requestID}
}

// text returns a string unchanged, and nil for anything else: the protocol only accepts strings.
func text(value any) *string {
	if found, ok := value.(string); ok {
		return &found
	}
	return nil
}

func guid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // It fails on no system that Go runs on.
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Change this: the outcome of a call. A failure is a documented error, of the library or its HTTP stack; rejected is
// input that it rejected before it sent anything; crash is anything else.

// outcomeOf makes the one call, and returns its outcome.
func outcomeOf(c *client, call command) (outcome object) {
	defer func() {
		if panicked := recover(); panicked != nil {
			outcome = object{"outcome": "crash", "reason": fmt.Sprint(panicked)}
		}
	}()
	if call.Request.Content == "required" || (call.Request.Query == "required" && len(call.Request.query()) == 0) {
		return object{"outcome": "unsupported", "reason": "this client sends neither content nor a query of its own"}
	}
	bound := time.Duration(call.Timeout * float64(time.Second)) // for the whole call
	ctx, end := context.WithTimeout(context.Background(), bound)
	defer end()
	status, err := c.send(ctx, call)
	var graphErr *graphError
	switch {
	case err == nil:
		return object{"outcome": "success", "status": status}
	case errors.Is(err, errInput):
		return object{"outcome": "rejected", "reason": err.Error()}
	case errors.As(err, &graphErr):
		return failure("http", err, object{
			"status": graphErr.status, "code": graphErr.code, "message": graphErr.message,
			"requestId": graphErr.requestID,
		})
	case errors.Is(err, context.DeadlineExceeded):
		return failure("timeout", err, object{"message": err.Error()})
	default:
		return failure("transport", err, object{"message": err.Error()})
	}
}

// failure makes a failure with what the error exposes.
func failure(kind string, err error, exposed object) object {
	exposed["kind"], exposed["type"] = kind, fmt.Sprintf("%T", err)
	return object{"outcome": "failure", "error": exposed}
}

// The protocol: do not change this part.

func main() {
	replies := json.NewEncoder(os.Stdout) // It writes each reply as a line, at once.
	os.Stdout = os.Stderr                 // Standard output is for replies only.
	commands := bufio.NewScanner(os.Stdin)
	commands.Buffer(nil, 16<<20)
	var start command
	clients := map[int64]*client{}
	for commands.Scan() {
		var got command
		if err := json.Unmarshal(commands.Bytes(), &got); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var reply object
		switch got.Cmd {
		case "stop":
			return
		case "start":
			start, reply = got, declaration()
		default:
			if clients[got.Client] == nil {
				clients[got.Client] = &client{start, map[string]*http.Client{}}
			}
			reply = outcomeOf(clients[got.Client], got)
			reply["seq"] = got.Seq
		}
		if err := replies.Encode(reply); err != nil {
			os.Exit(1)
		}
	}
}
