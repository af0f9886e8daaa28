package watcher

import (
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// maxWaitingBytes is what may wait for a slow reader of our log before lines are dropped and counted.
const maxWaitingBytes = 1024 * 1024

// Log writes one JSON object a line (W1.3). It never blocks and never grows without a bound: a reader that does not keep up loses lines, and is told how many (W8.1).
type Log struct {
	*slog.Logger
	sink *sink
}

// NewLog starts a log on a stream.
func NewLog(stream io.Writer) *Log {
	s := &sink{stream: stream}
	s.changed = sync.NewCond(&s.mu)
	go s.run()
	log := &Log{sink: s, Logger: slog.New(slog.NewJSONHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: lowerLevel}))}
	s.dropLine = func(count int) []byte {
		var line strings.Builder
		slog.New(slog.NewJSONHandler(&line, &slog.HandlerOptions{ReplaceAttr: lowerLevel})).Warn("log lines dropped", "count", count)
		return []byte(line.String())
	}
	return log
}

func lowerLevel(groups []string, attribute slog.Attr) slog.Attr {
	if len(groups) == 0 && attribute.Key == slog.LevelKey {
		if level, ok := attribute.Value.Any().(slog.Level); ok {
			attribute.Value = slog.StringValue(strings.ToLower(level.String()))
		}
	}
	return attribute
}

// Flush returns when everything written so far is out, or after `within`.
func (l *Log) Flush(within time.Duration) {
	deadline := time.Now().Add(within)
	for time.Now().Before(deadline) && !l.sink.isEmpty() {
		time.Sleep(time.Millisecond)
	}
}

type sink struct {
	stream   io.Writer
	dropLine func(count int) []byte

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte
	writing bool
	dropped int
}

// Write takes one line.
func (s *sink) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting)+len(line) > maxWaitingBytes {
		s.dropped++
		return len(line), nil
	}
	if s.dropped > 0 {
		s.waiting = append(s.waiting, s.dropLine(s.dropped)...)
		s.dropped = 0
	}
	s.waiting = append(s.waiting, line...)
	s.changed.Signal()
	return len(line), nil
}

func (s *sink) run() {
	var out []byte
	for {
		s.mu.Lock()
		s.writing = false
		for len(s.waiting) == 0 {
			s.changed.Wait()
		}
		out, s.waiting = s.waiting, out[:0]
		s.writing = true
		s.mu.Unlock()
		// A reader of our log that goes away is no reason to stop serving.
		_, _ = s.stream.Write(out)
	}
}

func (s *sink) isEmpty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) == 0 && !s.writing
}
