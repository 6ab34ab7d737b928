package main

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// This file finds the request builder of an operation as a user of the SDK does: from the client, one method for each
// segment of the path. It reads no URL template of the SDK, so that a builder with a wrong one is called like any other.

var (
	parameterSegment = regexp.MustCompile(`^\{(\w+)\}$`)
	functionSegment  = regexp.MustCompile(`^([\w.]*)\((.*)\)$`)
	compositeKey     = regexp.MustCompile(`^\w+='?\{\w+\}`)
	functionArgument = regexp.MustCompile(`(\w+)='?\{(\w+)\}'?`)
	indexer          = regexp.MustCompile(`^By[A-Z]\w*$`)
	notInNames       = regexp.MustCompile(`[\W_]`)
)

// From the text of an argument to a pointer of this type; another text for the same value cannot be passed.
var conversions = map[reflect.Type]func(string) (any, error){
	reflect.TypeFor[string]():  func(text string) (any, error) { return text, nil },
	reflect.TypeFor[*string](): func(text string) (any, error) { return &text, nil },
	reflect.TypeFor[*int32](): func(text string) (any, error) {
		parsed, err := strconv.ParseInt(text, 10, 32)
		value := int32(parsed)
		return &value, sameText(strconv.FormatInt(parsed, 10), text, err)
	},
	reflect.TypeFor[*bool](): func(text string) (any, error) {
		value := text == "true"
		return &value, sameText(strconv.FormatBool(value), text, nil)
	},
	reflect.TypeFor[*uuid.UUID](): func(text string) (any, error) {
		value, err := uuid.Parse(text)
		return &value, sameText(value.String(), text, err)
	},
}

// noMethod says that the SDK has no method for a part of the operation, or cannot take this call's value.
type noMethod struct{ reason string }

func (e *noMethod) Error() string { return e.reason }

func missing(format string, values ...any) error {
	return &noMethod{fmt.Sprintf(format, values...)}
}

// findBuilder returns the builder of a path template.
func findBuilder(client any, path string, arguments map[string]string) (any, error) {
	builder := reflect.ValueOf(client)
	for _, segment := range strings.Split(path, "/")[1:] {
		method, names, err := findStep(builder, segment)
		if err != nil {
			return nil, err
		}
		values := make([]reflect.Value, len(names))
		for each, name := range names {
			if values[each], err = convert(arguments[name], method.Type().In(each)); err != nil {
				return nil, err
			}
		}
		builder = method.Call(values)[0]
	}
	return builder.Interface(), nil
}

// send sends the builder's request for an HTTP method that needs no content, and returns the SDK's error.
func send(ctx context.Context, builder any, method string, query map[string]string) error {
	value := reflect.ValueOf(builder)
	name := method[:1] + strings.ToLower(method[1:])
	function := value.MethodByName(name)
	if !function.IsValid() {
		return missing("%T has no method %s", builder, name)
	}
	if function.Type().NumIn() != 2 {
		return missing("%T.%s requires a body", builder, name)
	}
	configuration := reflect.Zero(function.Type().In(1))
	if len(query) > 0 {
		var err error
		if configuration, err = makeConfiguration(function.Type().In(1).Elem(), query); err != nil {
			return err
		}
	}
	results := function.Call([]reflect.Value{reflect.ValueOf(ctx), configuration})
	err, _ := results[len(results)-1].Interface().(error)
	return err
}

// makeConfiguration makes the object that a method takes query parameters in.
func makeConfiguration(kind reflect.Type, query map[string]string) (reflect.Value, error) {
	configuration := reflect.New(kind)
	field := configuration.Elem().FieldByName("QueryParameters")
	if !field.IsValid() {
		return configuration, missing("%s has no query parameters", kind.Name())
	}
	parameters := reflect.New(field.Type().Elem())
	field.Set(parameters)
	for name, text := range query {
		set := false
		for each := range parameters.Elem().NumField() {
			if fold(parameters.Elem().Type().Field(each).Name) != fold(name) {
				continue
			}
			value, err := convert(text, parameters.Elem().Field(each).Type())
			if err != nil {
				return configuration, err
			}
			parameters.Elem().Field(each).Set(value)
			set = true
		}
		if !set {
			return configuration, missing("%s has no query parameter %s", kind.Name(), name)
		}
	}
	return configuration, nil
}

// findStep finds the method of a builder for a segment, and the argument for each of its parameters.
func findStep(builder reflect.Value, segment string) (reflect.Value, []string, error) {
	if found := parameterSegment.FindStringSubmatch(segment); found != nil {
		return findIndexer(builder, found[1])
	}
	name, inline := segment, ""
	if found := functionSegment.FindStringSubmatch(segment); found != nil {
		name, inline = found[1], found[2]
	} else if compositeKey.MatchString(segment) {
		name, inline = "", segment
	}
	if strings.Trim(functionArgument.ReplaceAllString(inline, ""), ", ") != "" {
		return reflect.Value{}, nil, missing("%s has no method for %s", builder.Type(), segment)
	}
	found := functionArgument.FindAllStringSubmatch(inline, -1)
	suffix := ""
	for _, each := range found {
		suffix += "with" + each[1]
	}
	for _, spelling := range listSpellings(name) {
		for each := range builder.NumMethod() {
			method := builder.Method(each)
			if fold(builder.Type().Method(each).Name) == fold(spelling+suffix) && leadsOn(method, len(found)) {
				return method, listArguments(found), nil
			}
		}
	}
	return reflect.Value{}, nil, missing("%s has nothing for %s", builder.Type(), segment)
}

// listArguments lists the arguments of a function in the order of its parameters. The names of parameters are not in
// the program; those of the SDK are in alphabetical order.
func listArguments(found [][]string) []string {
	slices.SortFunc(found, func(one, other []string) int { return strings.Compare(one[1], other[1]) })
	var names []string
	for _, each := range found {
		names = append(names, each[2])
	}
	return names
}

// findIndexer finds the By… method, of which a collection has one.
func findIndexer(builder reflect.Value, argument string) (reflect.Value, []string, error) {
	var found []reflect.Value
	for each := range builder.NumMethod() {
		if indexer.MatchString(builder.Type().Method(each).Name) && leadsOn(builder.Method(each), 1) {
			found = append(found, builder.Method(each))
		}
	}
	if len(found) != 1 {
		return reflect.Value{}, nil, missing("%s has no method By… for an id", builder.Type())
	}
	return found[0], []string{argument}, nil
}

// leadsOn tells whether a method with so many parameters returns another builder.
func leadsOn(method reflect.Value, parameters int) bool {
	kind := method.Type()
	return kind.NumIn() == parameters && kind.NumOut() == 1 && strings.HasSuffix(kind.Out(0).String(), "RequestBuilder")
}

// listSpellings lists how a segment may be spelled in the SDK: a qualified name with its whole namespace or without;
// one that is also a method of HTTP, or a word of Go, with an addition.
func listSpellings(name string) []string {
	if name == "$value" {
		return []string{"content"}
	}
	short := name[strings.LastIndex(name, ".")+1:]
	if short != name {
		return []string{name, "graph." + short, short}
	}
	return []string{name, name + "path", name + "escaped"}
}

func convert(text string, kind reflect.Type) (reflect.Value, error) {
	conversion, known := conversions[kind]
	if !known {
		return reflect.Value{}, missing("this driver makes no %s", kind)
	}
	value, err := conversion(text)
	if err != nil {
		return reflect.Value{}, missing("the SDK takes a value of type %s here", kind)
	}
	return reflect.ValueOf(value), nil
}

func sameText(own, text string, err error) error {
	if err == nil && own != text {
		return fmt.Errorf("%q is another text", own)
	}
	return err
}

// fold reduces a name to what its spellings share: crossTenantAccess, CrossTenantAccess.
func fold(name string) string {
	return strings.ToLower(notInNames.ReplaceAllString(name, ""))
}
