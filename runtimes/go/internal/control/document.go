package control

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/pack"
	"fibonacci.dev/go/internal/wire"
)

// Document is the load document: the first line of a push (W3.1).
type Document struct {
	Function     wire.FunctionRef
	Generation   int64
	Content      string
	Package      pack.Expected
	Handler      string
	Signature    string
	Mode         string
	Concurrency  int64
	TimeoutMs    int64
	MaxBodyBytes int64
	Env          map[string]string
}

// ModeProcess is the `mode` that runs each invocation in a process of its own; the other is `thread`.
const ModeProcess = "process"

var (
	digestPattern  = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	handlerPattern = regexp.MustCompile(`^[^\x00\\]+\.[^./\\\x00]+$`)
	signatures     = []string{"event", "fetch", "asgi", "wsgi", "http", "framework", "lambda"}
)

// ParseDocument reads a load document. Its error names every field at fault, without its value, which may be a secret.
func ParseDocument(line []byte) (*Document, error) {
	var root any
	if err := json.Unmarshal(line, &root); err != nil {
		return nil, contract.NewError(contract.BadRequest, "the body does not begin with a line of JSON")
	}
	f := &fields{root: root}
	document := &Document{
		Function:     wire.FunctionRef{Namespace: f.name("function.namespace"), Name: f.name("function.name"), UID: f.name("function.uid")},
		Generation:   f.integer("generation", 0),
		Content:      f.digest("content"),
		Package:      pack.Expected{Digest: f.digest("package.digest"), Size: f.integer("package.size", 0)},
		Handler:      f.text("handler", "<file>.<export>", func(text string) bool { return len(text) <= 512 && handlerPattern.MatchString(text) }),
		Signature:    f.oneOf("signature", signatures...),
		Mode:         f.oneOf("mode", "thread", ModeProcess),
		Concurrency:  f.integer("concurrency", 1),
		TimeoutMs:    f.integer("timeoutMs", 1),
		MaxBodyBytes: f.integer("maxBodyBytes", 0),
		Env:          f.environment("env"),
	}
	if len(f.problems) > 0 {
		return nil, contract.NewError(contract.BadRequest, "the load document is refused: "+strings.Join(f.problems, "; "))
	}
	return document, nil
}

// fields reads a document's fields and gathers what is wrong with them.
type fields struct {
	root     any
	problems []string
}

func (f *fields) read(path string) any {
	at := f.root
	for key := range strings.SplitSeq(path, ".") {
		record, _ := at.(map[string]any)
		at = record[key]
	}
	return at
}

func (f *fields) refuse(path, rule string) { f.problems = append(f.problems, path+" must be "+rule) }

func (f *fields) text(path, rule string, fits func(string) bool) string {
	text, ok := f.read(path).(string)
	if !ok || !fits(text) {
		f.refuse(path, rule)
	}
	return text
}

func (f *fields) name(path string) string {
	return f.text(path, "a text of 1 to 512 characters", func(text string) bool { return len(text) >= 1 && len(text) <= 512 })
}

func (f *fields) digest(path string) string {
	return f.text(path, "a digest, sha256:<hex>", digestPattern.MatchString)
}

func (f *fields) oneOf(path string, names ...string) string {
	return f.text(path, strings.Join(names, " or "), func(text string) bool { return slices.Contains(names, text) })
}

func (f *fields) integer(path string, least int64) int64 {
	number, ok := f.read(path).(float64)
	if !ok || number != math.Trunc(number) || number < float64(least) || number > maxSafeInteger {
		f.refuse(path, "an integer, "+map[int64]string{0: "0", 1: "1"}[least]+" or more")
		return 0
	}
	return int64(number)
}

func (f *fields) environment(path string) map[string]string {
	record, ok := f.read(path).(map[string]any)
	env := make(map[string]string, len(record))
	for name, value := range record {
		text, isText := value.(string)
		ok = ok && isText && name != "" && !strings.ContainsAny(name, "=\x00") && !strings.Contains(text, "\x00")
		env[name] = text
	}
	if !ok {
		f.refuse(path, "a map of strings")
	}
	return env
}
