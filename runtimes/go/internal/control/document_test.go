package control

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

const zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

func document() map[string]any {
	return map[string]any{
		"function": map[string]any{"namespace": "demo", "name": "hello", "uid": "uid-1"}, "generation": 1, "content": zeros, "package": map[string]any{"digest": zeros, "size": 9},
		"handler": "api/users.List", "signature": "event", "mode": "thread", "concurrency": 10, "timeoutMs": 1000, "maxBodyBytes": 0, "env": map[string]any{"A": "1"},
	}
}

func TestParseDocument(t *testing.T) {
	line, _ := json.Marshal(document())
	parsed, err := ParseDocument(line)
	if err != nil || parsed.Function.UID != "uid-1" || parsed.Package.Size != 9 || parsed.Env["A"] != "1" || parsed.Concurrency != 10 {
		t.Fatal(parsed, err)
	}
}

func TestParseDocumentNamesEachFieldAndNoValue(t *testing.T) {
	for field, values := range map[string][]any{
		"function": {nil, 1, []any{}, map[string]any{}}, "generation": {nil, -1, 1.5, "1", 1e300}, "content": {nil, "sha256:0", zeros + "0", strings.ToUpper(zeros)},
		"package": {nil, map[string]any{"digest": zeros, "size": -1}, map[string]any{"digest": zeros}}, "handler": {nil, "", "nodot", ".x", "a.", "a.b/c", "a\\b.c", "a\x00.b", strings.Repeat("a", 600) + ".b"},
		"signature": {nil, "cgi", 1}, "mode": {nil, "fibre"}, "concurrency": {nil, 0, "1"}, "timeoutMs": {nil, 0, "5s"}, "maxBodyBytes": {nil, -1},
		"env": {nil, []any{}, map[string]any{"A": 1}, map[string]any{"": "x"}, map[string]any{"A=B": "x"}, map[string]any{"A": "se\x00cret"}, map[string]any{"secret-value": nil}},
	} {
		for _, value := range values {
			changed := document()
			changed[field] = value
			line, _ := json.Marshal(changed)
			_, err := ParseDocument(line)
			var known *contract.Error
			if !errors.As(err, &known) || known.Code != contract.BadRequest || !strings.Contains(known.Message, field) || strings.Contains(known.Message, "secret") {
				t.Errorf("%s = %v: %v", field, value, err)
			}
		}
	}
	for _, line := range []string{"", "null", "[]", "1", `"x"`, "{", "{}{}", strings.Repeat("[", 100_000)} {
		if _, err := ParseDocument([]byte(line)); err == nil {
			t.Errorf("%.20s was taken", line)
		}
	}
}

func FuzzParseDocument(f *testing.F) {
	line, _ := json.Marshal(document())
	f.Add(line)
	f.Fuzz(func(t *testing.T, line []byte) {
		parsed, err := ParseDocument(line)
		if err == nil && (parsed.Function.UID == "" || parsed.Concurrency < 1 || parsed.TimeoutMs < 1) {
			t.Error(parsed)
		}
	})
}

func TestReadDocument(t *testing.T) {
	code := func(err error) contract.Code { return contract.AsError(err).Code }
	line, rest, err := ReadDocument(iotest.OneByteReader(strings.NewReader("{}\npackage")), -1)
	if err != nil || string(line) != "{}" {
		t.Fatal(string(line), err)
	}
	if bytes, err := io.ReadAll(rest); string(bytes) != "package" || err != nil {
		t.Error(string(bytes), err)
	}
	if _, _, err := ReadDocument(strings.NewReader("no line feed"), -1); code(err) != contract.BadRequest {
		t.Error(err)
	}
	if _, _, err := ReadDocument(strings.NewReader(strings.Repeat("x", contract.MaxDocumentBytes+2)), -1); code(err) != contract.BadRequest {
		t.Error(err)
	}
	if _, _, err := ReadDocument(strings.NewReader("{}\n"), contract.MaxPushBytes+1); code(err) != contract.PackageTooLarge {
		t.Error(err)
	}
	_, rest, err = ReadDocument(io.MultiReader(strings.NewReader("{}\n"), zeroReader{}), -1)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, rest); code(err) != contract.PackageTooLarge || n > contract.MaxPushBytes {
		t.Error(n, err)
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { return len(p), nil }

func TestDecidePush(t *testing.T) {
	owner := &wire.FunctionRef{Namespace: "demo", Name: "hello", UID: "uid-1"}
	push := func(uid string, generation int64, content string) *Document {
		return &Document{Function: wire.FunctionRef{UID: uid}, Generation: generation, Content: content}
	}
	serving := State{Owner: owner, Served: &Served{Generation: 5, Content: "a"}}
	for name, c := range map[string]struct {
		state State
		act   Act
		push  *Document
		same  bool
		code  contract.Code
	}{
		"the first specialization":         {State{}, ActSpecialize, push("uid-1", 1, "a"), false, ""},
		"an update before it":              {State{}, ActUpdate, push("uid-1", 1, "a"), false, contract.NotSpecialized},
		"another function":                 {State{Owner: owner}, ActSpecialize, push("uid-2", 9, "a"), false, contract.AlreadySpecialized},
		"the same function after a start":  {State{Owner: owner}, ActSpecialize, push("uid-1", 1, "a"), false, ""},
		"what is served":                   {serving, ActUpdate, push("uid-1", 5, "a"), true, ""},
		"other content of the generation":  {serving, ActUpdate, push("uid-1", 5, "b"), false, contract.StaleGeneration},
		"a lower generation":               {serving, ActSpecialize, push("uid-1", 4, "b"), false, contract.StaleGeneration},
		"a higher generation":              {serving, ActUpdate, push("uid-1", 6, "b"), false, ""},
		"a higher one while draining":      {State{owner, serving.Served, true}, ActUpdate, push("uid-1", 6, "b"), false, contract.Draining},
		"what is served, while draining":   {State{owner, serving.Served, true}, ActUpdate, push("uid-1", 5, "a"), true, ""},
		"another function, while draining": {State{owner, serving.Served, true}, ActUpdate, push("uid-2", 6, "b"), false, contract.AlreadySpecialized},
	} {
		same, err := DecidePush(c.state, c.act, c.push)
		code := contract.Code("")
		if err != nil {
			code = contract.AsError(err).Code
		}
		if same != c.same || code != c.code {
			t.Errorf("%s: %v, %v", name, same, err)
		}
	}
}
