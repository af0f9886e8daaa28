package pools

import (
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"fibonacci.dev/go/internal/contract"
)

func TestReadLines(t *testing.T) {
	long := strings.Repeat("x", maxLineBytes)
	type line struct {
		text      string
		truncated bool
	}
	for name, c := range map[string]struct {
		input string
		want  []line
	}{
		"nothing":                  {"", nil},
		"lines":                    {"a\nb\n", []line{{"a", false}, {"b", false}}},
		"an empty line":            {"\n", []line{{"", false}}},
		"no line feed at the end":  {"a\nrest", []line{{"a", false}, {"rest", false}}},
		"as long as may be":        {long + "\n", []line{{long, false}}},
		"longer":                   {long + "yz\nnext\n", []line{{long, true}, {"next", false}}},
		"longer, without an end":   {long + long + long, []line{{long, true}}},
		"a character that was cut": {long[1:] + "ü\n", []line{{long[1:], true}}},
		"what is no UTF-8":         {"a\xffb\n", []line{{"a\ufffdb", false}}},
	} {
		var got []line
		readLines(iotest.HalfReader(strings.NewReader(c.input)), func(text string, truncated bool) { got = append(got, line{text, truncated}) })
		if len(got) != len(c.want) {
			t.Fatalf("%s: %d lines", name, len(got))
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: line %d is %.40q… (%d bytes), %v", name, i, got[i].text, len(got[i].text), got[i].truncated)
			}
		}
	}
}

func TestDecideReplacement(t *testing.T) {
	const timeout, limit = time.Second, 1000
	for name, c := range map[string]struct {
		v    vitals
		want contract.Code
	}{
		"well":                               {vitals{silent: time.Second, rssBytes: 1000}, ""},
		"over its memory":                    {vitals{rssBytes: 1001}, contract.MemoryLimit},
		"silent once":                        {vitals{silent: 2 * time.Second}, ""},
		"silent twice":                       {vitals{silent: 2 * time.Second, silentChecks: 1}, contract.FunctionTimeout},
		"late by less than it takes to beat": {vitals{silent: timeout + beatTolerance, silentChecks: 5}, ""},
	} {
		got := decideReplacement(c.v, timeout, limit)
		if got == nil && c.want != "" || got != nil && got.Code != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if decideReplacement(vitals{rssBytes: 1 << 40}, timeout, 0) != nil {
		t.Error("there is no limit")
	}
}

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{0: 0, 1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 7: 6400 * time.Millisecond, 8: 10 * time.Second, 1000: 10 * time.Second} {
		if got := backoff(failures); got != want {
			t.Errorf("after %d failures: %v", failures, got)
		}
	}
}

func TestPlaceOfAPanicIsInTheFunctionsModule(t *testing.T) {
	lines := strings.Split("\ngoroutine 1 [running]:\npanic({0x1, 0x2})\n\truntime/panic.go:770 +0x1\nexample.com/hello-other.F()\n\texample.com/hello-other/f.go:1 +0x2\n"+
		"example.com/hello/api.init.0()\n\texample.com/hello/api/users.go:12 +0x25\nmain.main()\n\texample.com/hello/main.go:1", "\n")
	if file, line := place(lines, "example.com/hello"); file != "api/users.go" || line != 12 {
		t.Error(file, line)
	}
	if file, line := place(lines, "example.org/none"); file != "" || line != 0 {
		t.Error(file, line)
	}
}
