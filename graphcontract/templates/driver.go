// A driver to fill in, for Go 1.21 or newer. It speaks graphcontract's driver protocol, version 1.
//
// graphcontract starts this program, writes commands to its standard input and reads replies from its standard
// output, one JSON object a line. What is yours to change stands first: declaration, client and outcomeOf. Until
// then client is a small client on net/http, so that you see it judged before you put your own in.
//
// `go run driver.go` runs it as it is. Put it into a module of its own to import your library.
//
// NOT TESTED: it was written by the documentation of Go alone, and was neither compiled nor run. `graphcontract
// doctor` makes a few plain calls through it, and says what works.
package main

import (
	"bufio"
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
	"time"
	"unicode"
)

type object = map[string]any

type command struct {
	Cmd       string            `json:"cmd"`
	Seq       int64             `json:"seq"`
	Hosts     []string          `json:"hosts"`
	Proxy     string            `json:"proxy"`
	BaseURL   string            `json:"base_url"`
	Token     string            `json:"token"`
	Arguments map[string]string `json:"arguments"`
	Timeout   float64           `json:"timeout"`
	CAFile    string            `json:"ca_file"`
	Client    int64             `json:"client"`
}

// Yours: who is under test, and what it cannot do by design. Reports show both.

// declaration is the answer to start.
func declaration() object {
	return object{
		"protocol":       1,
		"implementation": object{"name": "my-library", "version": "0.0.0", "language": "go"},
		"concurrency":    1, // how many calls this driver can hold at once
		// Leave out what does not hold for your library; the first value is meant where a limit is left out.
		"limits": object{
			// "root": "settable" | "fixed"     fixed: it has a service root of its own and takes no other
			// "https": false | true            true: it refuses http, or sends no token over it
			// "hosts": []string{}              the only hosts to which it sends tokens
			// "proxy": "env" | "option" | "none"
			"proxy": "option",
			// "timeout": "call" | "attempt" | "none"   what its timeout bounds
			"timeout": "call",
			// "token": "call" | "client"       client: another token needs another client object
			// "status": true | false           false: it tells no HTTP status
			// "surface": "generic" | "typed"   typed: it has this action in its interface
		},
	}
}

// Yours: the library. Replace the type by your client object, cancel by the one call of its public interface that
// cancels a task. Do no work for it: what is checked, encoded or repeated here is judged as its own. Most libraries
// that keep to allowed hosts are to be given the hosts of start as such.

const (
	ownRoot   = "https://graph.microsoft.com/beta"
	tasks     = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks/"
	mostBytes = 4 << 20
)

var (
	errInput    = errors.New("the input was refused before anything was sent")
	bearerToken = regexp.MustCompile(`\A[A-Za-z0-9\-._~+/]+=*\z`)
)

// graphError is the library's documented error: the service answered, and not with success.
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
	stacks map[string]*http.Client // by the file of authorities
}

// cancel cancels a task and returns the status.
func (c *client) cancel(ctx context.Context, taskID, root, token, caFile string) (int, error) {
	if taskID == "" || taskID == "." || taskID == ".." {
		return 0, fmt.Errorf("%w: this is no task id", errInput)
	}
	for _, each := range taskID {
		if unicode.IsControl(each) {
			return 0, fmt.Errorf("%w: this is no task id", errInput)
		}
	}
	if !bearerToken.MatchString(token) {
		return 0, fmt.Errorf("%w: this is no bearer token", errInput)
	}
	if root == "" {
		root = ownRoot
	}
	target := root + tasks + url.PathEscape(taskID) + "/cancel"
	// Without content, net/http sends Content-Length: 0 with a POST.
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, nil)
	if err != nil {
		return 0, fmt.Errorf("%w: %v", errInput, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("client-request-id", guid())
	stack, err := c.stack(caFile)
	if err != nil {
		return 0, err
	}
	answer, err := stack.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	content, _ := io.ReadAll(io.LimitReader(answer.Body, mostBytes)) // The status tells enough.
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return answer.StatusCode, nil
	}
	return 0, errorOf(answer, content)
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

// errorOf reads Graph's error object, as far as the content holds one.
func errorOf(answer *http.Response, content []byte) error {
	var document any
	_ = json.Unmarshal(content, &document) // What is no JSON says nothing.
	top, _ := document.(object)
	found, _ := top["error"].(object)
	inner, ok := found["innerError"].(object)
	if !ok {
		inner, _ = found["innererror"].(object)
	}
	requestID := text(inner["request-id"])
	if field := answer.Header.Get("request-id"); requestID == nil && field != "" {
		requestID = &field
	}
	return &graphError{answer.StatusCode, text(found["code"]), text(found["message"]), requestID}
}

// text gives a text as it is, and nil for anything else, for the protocol takes texts alone.
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

// Yours: what became of a call. A failure is what the library documents, be it its own error or those of its HTTP
// stack; rejected is input that it refused before anything was sent; crash is whatever else it does.

// outcomeOf makes the one call, and says what became of it.
func outcomeOf(c *client, call command) (outcome object) {
	defer func() {
		if panicked := recover(); panicked != nil {
			outcome = object{"outcome": "crash", "reason": fmt.Sprint(panicked)}
		}
	}()
	bound := time.Duration(call.Timeout * float64(time.Second)) // for the whole call
	ctx, end := context.WithTimeout(context.Background(), bound)
	defer end()
	// An empty BaseURL is the root that a user has who sets none.
	status, err := c.cancel(ctx, call.Arguments["sharePointMigrationTaskId"], call.BaseURL, call.Token, call.CAFile)
	var answered *graphError
	switch {
	case err == nil:
		return object{"outcome": "success", "status": status}
	case errors.Is(err, errInput):
		return object{"outcome": "rejected", "reason": err.Error()}
	case errors.As(err, &answered):
		return failure("http", err, object{
			"status": answered.status, "code": answered.code, "message": answered.message,
			"requestId": answered.requestID,
		})
	case errors.Is(err, context.DeadlineExceeded):
		return failure("timeout", err, object{"message": err.Error()})
	default:
		return failure("transport", err, object{"message": err.Error()})
	}
}

// failure says what an error exposes.
func failure(kind string, err error, exposed object) object {
	exposed["kind"], exposed["type"] = kind, fmt.Sprintf("%T", err)
	return object{"outcome": "failure", "error": exposed}
}

// The protocol: nothing of it is yours.

func main() {
	replies := json.NewEncoder(os.Stdout) // It writes a line each, at once.
	os.Stdout = os.Stderr                 // Whatever else is printed is no reply.
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
