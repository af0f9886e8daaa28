package pools

import (
	"log/slog"
	"sync"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// Stats is what the instance has counted over all its executors that are gone, and what happened last.
type Stats struct {
	// Tally is what the supervisor counts itself, and what executors that are gone have counted.
	Tally wire.Tally

	log       *slog.Logger
	function  func() string
	mu        sync.Mutex
	live      map[*wire.Page]bool
	restarts  int
	endedCPU  time.Duration
	lastError *contract.Error
}

// NewStats starts at 0. function gives `<namespace>/<name>`, or "".
func NewStats(log *slog.Logger, function func() string) *Stats {
	return &Stats{log: log, function: function, live: map[*wire.Page]bool{}}
}

// Failed writes the one log line of a failed invocation (W8.2).
func (s *Stats) Failed(code contract.Code, requestID string, duration time.Duration, message, stack string) {
	fields := []any{"function", s.function(), "code", code, "requestId", requestID, "durationMs", duration.Milliseconds(), "error", message}
	if stack != "" {
		fields = append(fields, "stack", stack)
	}
	s.log.Error("invocation failed", fields...)
}

// Blame accounts for invocations that went down with their executor.
func (s *Stats) Blame(running []wire.Running, code contract.Code, message string) {
	outcome := wire.OutcomeError
	if code == contract.FunctionTimeout {
		outcome = wire.OutcomeTimeout
	}
	for _, one := range running {
		duration := max(time.Since(one.Started), 0)
		s.Tally.Count(outcome, duration)
		s.Failed(code, one.RequestID, duration, message, "")
	}
}

// Replaced counts an executor that was replaced.
func (s *Stats) Replaced(reason *contract.Error) {
	s.mu.Lock()
	s.restarts++
	s.lastError = reason
	s.mu.Unlock()
	s.log.Warn("executor replaced", "function", s.function(), "code", reason.Code, "reason", reason.Message)
}

// SetLastError shows an error in the status; nil takes it away.
func (s *Stats) SetLastError(err *contract.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastError = err
}

// LastError is the last one shown, or nil.
func (s *Stats) LastError() *contract.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastError
}

// Restarts counts executors that were replaced.
func (s *Stats) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// EndedCPU is the processor time of executors that are gone.
func (s *Stats) EndedCPU() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endedCPU
}

// Total adds up what was counted until now.
func (s *Stats) Total() *wire.Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := &wire.Tally{}
	total.Add(&s.Tally)
	for page := range s.live {
		total.Add(&page.Tally)
	}
	return total
}

// began takes an executor's counts into the total.
func (s *Stats) began(page *wire.Page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live[page] = true
}

// ended takes over what an executor has counted.
func (s *Stats) ended(page *wire.Page, cpu time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, page)
	s.Tally.Add(&page.Tally)
	s.endedCPU += cpu
}
