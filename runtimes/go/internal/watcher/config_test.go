package watcher

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"fibonacci.dev/go/internal/wire"
)

const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func parse(changes map[string]string) (Config, []string) {
	env := map[string]string{"FIB_INSTANCE": "demo/hello-1", "FIB_SCRATCH": "/scratch", "FIB_PUBLIC_KEY": key}
	for name, value := range changes {
		env[name] = value
	}
	return ParseConfig(func(name string) string { return env[name] }, func(path string) string {
		if path == "/full" {
			return "no space left"
		}
		return ""
	})
}

func TestConfigDefaults(t *testing.T) {
	config, problems := parse(nil)
	if len(problems) > 0 || config.Host != "0.0.0.0" || config.DataPort != 8080 || config.ControlPort != 8081 || config.MemoryLimitBytes != 0 {
		t.Fatal(config, problems)
	}
}

func TestConfigNamesEveryProblemAndNoValue(t *testing.T) {
	for name, values := range map[string][]string{
		"FIB_INSTANCE": {"", "two words", strings.Repeat("a", 254), "ü"}, "FIB_SCRATCH": {"", "/full"},
		"FIB_PUBLIC_KEY": {"", "c2hvcnQ", key + "A", key + "=", strings.Repeat("!", 43), key[:42] + "B"}, "FIB_DATA_PORT": {"-1", "65536", "http", "+80", "8e1", "0x1F", " 80"},
		"FIB_CONTROL_PORT": {"x"}, "FIB_MEMORY_LIMIT_BYTES": {"0", "-1", "1G", "1e9", "99999999999999999999"},
	} {
		for _, value := range values {
			_, problems := parse(map[string]string{name: value})
			if len(problems) != 1 || !strings.HasPrefix(problems[0], name) {
				t.Errorf("%s=%q: %v", name, value, problems)
			}
		}
	}
	_, problems := parse(map[string]string{"FIB_INSTANCE": "", "FIB_SCRATCH": "", "FIB_PUBLIC_KEY": "c2VjcmV0", "FIB_DATA_PORT": "x"})
	if len(problems) != 4 || strings.Contains(strings.Join(problems, " "), "c2VjcmV0") {
		t.Error(problems)
	}
}

// slowReader takes nothing until it is let.
type slowReader struct {
	let   chan struct{}
	lines bytes.Buffer
}

func (s *slowReader) Write(p []byte) (int, error) {
	<-s.let
	return s.lines.Write(p)
}

func TestLogDropsLinesThatNobodyReadsAndCountsThem(t *testing.T) {
	reader := &slowReader{let: make(chan struct{})}
	log := NewLog(reader)
	const lines = 200
	for range lines {
		log.Info("line", "text", strings.Repeat("x", 20_000))
	}
	close(reader.let)
	for !log.sink.isEmpty() {
		time.Sleep(time.Millisecond)
	}
	log.Info("last")
	for !log.sink.isEmpty() {
		time.Sleep(time.Millisecond)
	}
	kept, dropped := 0, 0
	for line := range strings.Lines(reader.lines.String()) {
		var record struct {
			Time, Level, Msg string
			Count            int
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil || record.Time == "" || record.Level == "" {
			t.Fatal(line, err)
		}
		if record.Msg == "line" {
			kept++
		}
		dropped += record.Count
	}
	if dropped == 0 || kept+dropped != lines {
		t.Errorf("%d kept, %d dropped", kept, dropped)
	}
}

func TestMetricsAreAtZeroAndEscaped(t *testing.T) {
	idle := RenderMetrics(Measures{Tally: &wire.Tally{}})
	for _, line := range []string{`function_watcher_invocations_total{outcome="ok"} 0`, `function_watcher_duration_seconds_bucket{le="+Inf"} 0`, "function_watcher_in_flight 0"} {
		if !strings.Contains(idle, "\n"+line+"\n") {
			t.Errorf("%s is missing in\n%s", line, idle)
		}
	}
	tally := &wire.Tally{}
	tally.Count(wire.OutcomeOK, 3*time.Millisecond)
	tally.Count(wire.OutcomeTimeout, time.Hour)
	text := RenderMetrics(Measures{Function: "a\"b\\c\nd/e", Tally: tally})
	for _, line := range []string{`function_watcher_duration_seconds_bucket{function_name="a\"b\\c\nd/e",le="0.005"} 1`, `function_watcher_duration_seconds_count{function_name="a\"b\\c\nd/e"} 2`} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%s is missing in\n%s", line, text)
		}
	}
}
