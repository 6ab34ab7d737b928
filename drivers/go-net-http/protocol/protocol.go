// Package protocol implements graphcontract's driver protocol, version 1, on standard input and output.
package protocol

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"
)

const (
	version     = 1
	concurrency = 8
)

// Object is one message, or a part of it.
type Object = map[string]any

// Command is a command of the harness; Start and Call use different members.
type Command struct {
	Cmd       string            `json:"cmd"`
	Seq       int64             `json:"seq"`
	Protocol  int               `json:"protocol"`
	Hosts     []string          `json:"hosts"`
	Request   Request           `json:"request"`
	BaseURL   string            `json:"base_url"`
	Token     string            `json:"token"`
	Tokens    *[]string         `json:"tokens"`
	Arguments map[string]string `json:"arguments"`
	Timeout   float64           `json:"timeout"`
	CAFile    string            `json:"ca_file"`
	Client    int64             `json:"client"`
}

// Request is what the contract says of a call's request.
type Request struct {
	Method     string `json:"method"`
	Root       string `json:"root"`
	Version    string `json:"version"`
	Path       string `json:"path"`
	Query      string `json:"query"`
	Content    string `json:"content"`
	Parameters map[string]struct {
		In   string `json:"in"`
		Name string `json:"name"`
	} `json:"parameters"`
}

// QueryValues returns the values of the query parameters of a call, by their names in the query.
func (c Command) QueryValues() map[string]string {
	values := map[string]string{}
	for id, parameter := range c.Request.Parameters {
		if parameter.In != "query" {
			continue
		}
		name := parameter.Name
		if name == "" {
			name = id
		}
		values[name] = c.Arguments[id]
	}
	return values
}

// Driver is what differs between drivers.
type Driver interface {
	// Start declares the client: the members of the reply but protocol and concurrency.
	Start(Command) Object
	// Features lists the optional parts of the protocol that it has beside cancel.
	Features() []string
	// Call makes one call within its timeout and returns its outcome. The context ends if the harness cancels the call.
	Call(context.Context, Command) Object
}

// Run replies to commands until stop or the end of input; each call has a goroutine.
func Run(driver Driver) error {
	replies := bufio.NewWriter(os.Stdout)
	os.Stdout = os.Stderr // Standard output is for replies only.
	var writing sync.Mutex
	var calls sync.Map // From the number of each call under way to what cancels it.
	reply := func(message Object) {
		line, err := json.Marshal(message)
		if err != nil {
			panic(err)
		}
		writing.Lock()
		defer writing.Unlock()
		replies.Write(append(line, '\n'))
		replies.Flush()
	}
	for commands := json.NewDecoder(os.Stdin); commands.More(); {
		var command Command
		if err := commands.Decode(&command); err != nil {
			return err
		}
		switch command.Cmd {
		case "stop":
			return nil
		case "start":
			declaration := Object{}
			if command.Protocol == version {
				declaration = driver.Start(command)
				declaration["concurrency"] = concurrency
				declaration["features"] = append([]string{"cancel"}, driver.Features()...)
			}
			declaration["protocol"] = version
			reply(declaration)
		case "cancel":
			if cancel, found := calls.Load(command.Seq); found {
				cancel.(context.CancelFunc)()
			}
		default:
			ctx, cancel := context.WithCancel(context.Background())
			calls.Store(command.Seq, cancel)
			go func() {
				defer cancel()
				outcome := call(ctx, driver, command)
				calls.Delete(command.Seq)
				outcome["seq"] = command.Seq
				reply(outcome)
			}()
		}
	}
	return nil
}

func call(ctx context.Context, driver Driver, command Command) (outcome Object) {
	defer func() {
		if problem := recover(); problem != nil {
			outcome = Reason("crash", fmt.Sprint("panic: ", problem))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(command.Timeout*float64(time.Second)))
	defer cancel()
	return driver.Call(ctx, command)
}

// Reason is an outcome that has a reason: rejected, unsupported or crash.
func Reason(outcome, reason string) Object {
	return Object{"outcome": outcome, "reason": reason}
}

// kind names an error that is not a response; nil for one that is not net/http's either.
func kind(err error) any {
	var broken *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &broken):
		return "transport"
	}
	return nil
}

// Failure is the outcome of an error of the client, with what it exposes.
func Failure(err error, exposed Object) Object {
	members := Object{"kind": kind(err), "type": fmt.Sprintf("%T", err), "message": err.Error()}
	for name, value := range exposed {
		members[name] = value
	}
	return Object{"outcome": "failure", "error": members}
}
