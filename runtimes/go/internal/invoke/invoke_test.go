package invoke

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"fibonacci.dev/go/function"
	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

func codeOf(err error) contract.Code {
	if err == nil {
		return ""
	}
	return contract.AsError(err).Code
}

func TestQueryAsBrowsersReadIt(t *testing.T) {
	for text, want := range map[string]url.Values{
		"": {}, "a": {"a": {""}}, "a=1&a=2": {"a": {"1", "2"}}, "a=b=c": {"a": {"b=c"}}, "&&a=1&": {"a": {"1"}}, "a+b=c+d": {"a b": {"c d"}}, "%C3%BC=%E2%82%AC": {"ü": {"€"}},
		"a=%zz&b=%4": {"a": {"%zz"}, "b": {"%4"}}, "a=%ff": {"a": {"\ufffd"}}, "a;b=1": {"a;b": {"1"}}, "=x": {"": {"x"}}, "a=%2541": {"a": {"%41"}},
	} {
		if got := parseQuery(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestPathOfATarget(t *testing.T) {
	for target, want := range map[string]string{"/a%20b": "/a%20b", "*": "*", "http://host/a": "/a", "http://host": "/", "/redirect/http://x/y": "/redirect/http://x/y", "HTTPS://h/p": "/p"} {
		if got := pathOf(target); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
}

func request(contentType, body string) *http.Request {
	r := httptest.NewRequest("POST", "/p?q=1", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func TestBodyIsDecodedIntoWhatTheHandlerTakes(t *testing.T) {
	type order struct {
		Name  string   `json:"name"`
		Count int      `json:"count"`
		Tags  []string `json:"tags"`
	}
	for name, c := range map[string]struct {
		input       reflect.Type
		contentType string
		body        string
		want        any
		code        contract.Code
	}{
		"a struct":              {reflect.TypeFor[order](), "application/json", `{"name":"a","count":2}`, order{"a", 2, nil}, ""},
		"a pointer":             {reflect.TypeFor[*order](), "", `{"name":"a"}`, &order{Name: "a"}, ""},
		"no body":               {reflect.TypeFor[order](), "application/json", "", order{}, ""},
		"a list":                {reflect.TypeFor[[]int](), "text/plain", "[1,2]", []int{1, 2}, ""},
		"text":                  {textType, "image/png", "grüße", "grüße", ""},
		"text that is no JSON":  {textType, "application/json", "{nope", nil, contract.BadJSON},
		"bytes":                 {bytesType, "", "\x00\xff", []byte("\x00\xff"), ""},
		"no JSON":               {reflect.TypeFor[order](), "text/plain", "{nope", nil, contract.BadJSON},
		"two values":            {reflect.TypeFor[order](), "", "{}{}", nil, contract.BadJSON},
		"another type":          {reflect.TypeFor[order](), "", `{"count":"x"}`, nil, contract.BadJSON},
		"an overflow":           {reflect.TypeFor[order](), "", `{"count":1e99}`, nil, contract.BadJSON},
		"no UTF-8":              {reflect.TypeFor[order](), "", "{\"name\":\"\xff\"}", nil, contract.BadJSON},
		"nested beyond reason":  {reflect.TypeFor[order](), "", strings.Repeat("[", 100_000), nil, contract.BadJSON},
		"a decoder that fails":  {reflect.TypeFor[time.Time](), "", `"yesterday"`, nil, contract.BadJSON},
		"a plain request":       {cloudEventType, "", "x", nil, contract.BadCloudEvent},
		"an unknown event type": {mapType, "application/cloudevents+json", `{"specversion":"0.3","id":"1","source":"/","type":"t"}`, nil, contract.BadCloudEvent},
	} {
		value, err := decodeInput(request(c.contentType, c.body), "r1", []byte(c.body), c.input)
		if codeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		} else if err == nil && !reflect.DeepEqual(value.Interface(), c.want) {
			t.Errorf("%s: %#v", name, value.Interface())
		}
	}
}

func TestEventIsTheSameMapInEveryLanguage(t *testing.T) {
	r := request("text/plain", "hi")
	r.Header["X-Twice"] = []string{"a", "b"}
	r.Header["Cookie"] = []string{"a=1", "b=2"}
	value, err := decodeInput(r, "r1", []byte("hi"), eventType)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	data, _ := json.Marshal(value.Interface())
	_ = json.Unmarshal(data, &got)
	headers := map[string]any{"host": "example.com", "content-type": "text/plain", "x-twice": "a, b", "cookie": "a=1; b=2"}
	want := map[string]any{"type": "http", "id": "r1", "method": "POST", "path": "/p", "query": map[string]any{"q": "1"}, "headers": headers, "body": "hi"}
	if !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
}

func TestResultsBecomeAnswers(t *testing.T) {
	type values = map[string]any
	type receipt struct {
		Total int `json:"total"`
	}
	for name, c := range map[string]struct {
		result any
		status int
		header http.Header
		body   string
	}{
		"nil":                {nil, 204, http.Header{"Content-Type": nil}, ""},
		"a nil pointer":      {(*receipt)(nil), 204, http.Header{"Content-Type": nil}, ""},
		"a nil response":     {(*function.Response)(nil), 204, http.Header{"Content-Type": nil}, ""},
		"text":               {"<ü>", 200, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, "<ü>"},
		"no text":            {"", 200, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, ""},
		"a struct":           {receipt{3}, 200, http.Header{"Content-Type": {"application/json"}}, `{"total":3}`},
		"JSON as it is":      {json.RawMessage(`{"a": 1}`), 200, http.Header{"Content-Type": {"application/json"}}, `{"a":1}`},
		"text in JSON":       {[]string{"<a&b>"}, 200, http.Header{"Content-Type": {"application/json"}}, `["<a&b>"]`},
		"a float status":     {values{"statusCode": 201.0, "body": "x"}, 201, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, "x"},
		"headers":            {function.Response{StatusCode: 302, Headers: http.Header{"location": {"/"}, "Set-Cookie": {"a", "b"}}}, 302, http.Header{"Content-Type": nil, "Location": {"/"}, "Set-Cookie": {"a", "b"}}, ""},
		"ours are left out":  {function.Response{StatusCode: 200, Headers: http.Header{"content-length": {"9"}, "Connection": {"x"}, "TRANSFER-ENCODING": {"x"}, "fibonacci-error": {"x"}, "X-Request-Id": {"x"}}, Body: ""}, 200, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, ""},
		"a map of strings":   {values{"statusCode": int64(200), "headers": map[string]string{"a": "b"}}, 200, http.Header{"Content-Type": nil, "A": {"b"}}, ""},
		"an event":           {function.CloudEvent{ID: "1", Source: "/ü", Type: "t", Data: "x", Attributes: values{"count": 3}}, 200, http.Header{"Ce-Id": {"1"}, "Ce-Source": {"/%C3%BC"}, "Ce-Type": {"t"}, "Ce-Specversion": {"1.0"}, "Ce-Count": {"3"}, "Content-Type": {"text/plain; charset=utf-8"}}, "x"},
		"an event, no data":  {function.CloudEvent{ID: "1", Source: "/", Type: "t"}, 204, http.Header{"Ce-Id": {"1"}, "Ce-Source": {"/"}, "Ce-Type": {"t"}, "Ce-Specversion": {"1.0"}, "Content-Type": nil}, ""},
		"a map that is none": {values{"id": "1", "type": "t"}, 200, http.Header{"Content-Type": {"application/json"}}, `{"id":"1","type":"t"}`},
	} {
		reply, err := toReply(c.result)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if reply.status != c.status || !reflect.DeepEqual(reply.header, c.header) || string(reply.body) != c.body {
			t.Errorf("%s: %d %v %q", name, reply.status, reply.header, reply.body)
		}
	}
}

func TestResultsThatCannotBeSent(t *testing.T) {
	type values = map[string]any
	type node struct{ Next any }
	circular := &node{}
	circular.Next = circular
	for name, result := range map[string]any{
		"a channel": make(chan int), "a func": func() {}, "circular": circular, "a complex": 1i, "no status": values{"statusCode": nil}, "a status of text": values{"statusCode": "200"},
		"a broken status": values{"statusCode": 200.5}, "a low status": function.Response{StatusCode: 101}, "no status at all": function.Response{}, "headers of a kind": values{"statusCode": 200, "headers": 1},
		"a header's name": function.Response{StatusCode: 200, Headers: http.Header{"a b": {"x"}}}, "a header's value": function.Response{StatusCode: 200, Headers: http.Header{"a": {"x\ny"}}},
		"a list in a list": values{"statusCode": 200, "headers": values{"a": []any{[]any{"x"}}}}, "an attribute's name": function.CloudEvent{ID: "1", Source: "/", Type: "t", Attributes: values{"No": "x"}},
		"an attribute's value": function.CloudEvent{ID: "1", Source: "/", Type: "t", Attributes: values{"a": values{}}}, "pairs without an error": func(func(string, int) bool) {},
		"a content type": function.CloudEvent{ID: "1", Source: "/", Type: "t", DataContentType: "a\r\nb"}, "a body": function.Response{StatusCode: 200, Body: make(chan int)},
	} {
		if reply, err := toReply(result); codeOf(err) != contract.FunctionBadResponse {
			t.Errorf("%s: %v, %v", name, reply, err)
		}
	}
}

func TestStreams(t *testing.T) {
	read := func(result any) (string, error) {
		reply, err := toReply(result)
		if err != nil {
			return "", err
		}
		var text strings.Builder
		err = reply.stream(func(chunk []byte) bool {
			text.Write(chunk)
			return text.Len() < 4
		})
		return text.String(), err
	}
	endless := func(yield func([]byte) bool) {
		for yield([]byte("ab")) {
		}
	}
	for name, c := range map[string]struct {
		result any
		want   string
		failed bool
	}{
		"a reader":             {bytes.NewReader([]byte("xy")), "xy", false},
		"a reader that fails":  {io.MultiReader(strings.NewReader("x"), failing{}), "x", true},
		"an endless sequence":  {endless, "abab", false},
		"an error between":     {func(yield func(any, error) bool) { _ = yield("a", nil) && yield(nil, errors.New("no")) }, "a", true},
		"something else in it": {func(yield func(int) bool) { yield(1) }, "", true},
	} {
		if text, err := read(c.result); text != c.want || (err != nil) != c.failed {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no") }

func TestTargets(t *testing.T) {
	handlers := map[string]any{
		"a.Number": 42, "a.Nil": (func())(nil), "a.Variadic": func(...string) {}, "a.Three": func(context.Context, string, string) {}, "a.Results": func() (int, int) { return 0, 0 },
		"a.Chan": func(chan int) {}, "a.Reader": func(io.Reader) {}, "a.Good": func(context.Context, map[string]any) (any, error) { return nil, nil }, "a.Bare": func() {}, "a.Mux": http.NewServeMux(),
		"a.Func": func(http.ResponseWriter, *http.Request) {},
	}
	for name, signatures := range map[string]string{
		"a.Number": "", "a.Nil": "", "a.Variadic": "", "a.Three": "", "a.Results": "", "a.Chan": "", "a.Reader": "", "a.Good": "event", "a.Bare": "event", "a.Mux": "http", "a.Func": "http", "a.Missing": "",
	} {
		for _, signature := range []string{"event", "http", "fetch"} {
			_, err := NewTarget(handlers, name, signature)
			if fits := strings.Contains(signatures, signature); fits != (err == nil) || err != nil && codeOf(err) != contract.LoadFailed {
				t.Errorf("%s as %s: %v", name, signature, err)
			}
		}
	}
}

func TestEffectiveTimeout(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": time.Second, "0": time.Second, "-1": time.Second, "+5": time.Second, "1.5": time.Second, "soon": time.Second, "1": time.Millisecond, "5000": time.Second, "0005": time.Second, "99999999999999999999": time.Second, " 5": time.Second,
	} {
		if got := effectiveTimeout(time.Second, header); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

func TestErrorNames(t *testing.T) {
	for want, err := range map[string]error{"Error": errors.New("x"), "typedError": &typedError{}, "PathError": &fs.PathError{Err: errors.New("x")}} {
		if got := errorName(err, "Error"); got != want {
			t.Errorf("%T: %s", err, got)
		}
	}
	if got := errorName(fmt.Errorf("x: %w", &typedError{}), "Error"); got != "Error" {
		t.Error(got)
	}
}

type typedError struct{}

func (*typedError) Error() string { return "typed" }

func TestLogLinesOfAFunction(t *testing.T) {
	var out bytes.Buffer
	logger := NewJournal(&out).logger("r1")
	logger.Info("plain")
	logger.With("a", 1).WithGroup("g").Warn("grouped", "b", []int{2}, "msg", "mine", "level", "mine")
	logger.Log(context.Background(), slog.LevelDebug-4, strings.Repeat("x", maxText+10), "c", failing{})
	var lines []wire.JournalLine
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var line wire.JournalLine
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if len(lines) != 3 || lines[0].Level != "info" || lines[0].Message != "plain" || lines[0].RequestID != "r1" || lines[0].Fields != nil {
		t.Fatal(lines)
	}
	if got := string(lines[1].Fields); lines[1].Level != "warn" || got != `{"a":1,"g":{"b":[2],"msg":"mine","level":"mine"}}` {
		t.Error(lines[1].Level, got)
	}
	if lines[2].Level != "debug" || len(lines[2].Message) != maxText {
		t.Error(lines[2].Level, len(lines[2].Message))
	}
}

func TestPlatformHeadersAreDropped(t *testing.T) {
	header := http.Header{"Fibonacci-Error": {"x"}, "fibonacci-not-started": {"1"}, "Trailer:Fibonacci-Error": {"x"}, "x-REQUEST-id": {"x"}, "X-Mine": {"1"}, "Fib": {"1"}}
	dropPlatformHeaders(header)
	if want := (http.Header{"X-Mine": {"1"}, "Fib": {"1"}}); !reflect.DeepEqual(header, want) {
		t.Error(header)
	}
}
