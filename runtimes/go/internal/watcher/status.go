package watcher

import (
	"syscall"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// Status is the answer of /_/status (W2.3).
type Status struct {
	Instance       string            `json:"instance"`
	Runtime        string            `json:"runtime"`
	State          string            `json:"state"`
	Function       *wire.FunctionRef `json:"function"`
	Content        *string           `json:"content"`
	Generation     int64             `json:"generation"`
	Epoch          int64             `json:"epoch"`
	InFlight       int64             `json:"inFlight"`
	Concurrency    int64             `json:"concurrency"`
	Invocations    Invocations       `json:"invocations"`
	Restarts       int               `json:"restarts"`
	MemoryBytes    int64             `json:"memoryBytes"`
	CPUSeconds     float64           `json:"cpuSeconds"`
	HeartbeatAgeMs *int64            `json:"heartbeatAgeMs"`
	StartedAt      time.Time         `json:"startedAt"`
	LastError      *contract.Error   `json:"lastError"`
}

// Invocations counts those that user code has seen.
type Invocations struct {
	Total    uint64 `json:"total"`
	Failed   uint64 `json:"failed"`
	TimedOut uint64 `json:"timedOut"`
}

// Status tells how the instance stands; epoch is the highest that was accepted.
func (i *Instance) Status(epoch int64) Status {
	report, tally := i.Report(), i.Stats.Total()
	failed, timedOut := tally.Error.Load(), tally.Timeout.Load()
	status := Status{
		Instance: i.config.Instance, Runtime: contract.Runtime, State: i.State(), Function: i.Owner(), Epoch: epoch, InFlight: report.InFlight,
		Invocations: Invocations{Total: tally.OK.Load() + failed + timedOut, Failed: failed, TimedOut: timedOut}, Restarts: i.Stats.Restarts(),
		MemoryBytes: report.MemoryBytes, CPUSeconds: report.CPU.Seconds(), StartedAt: i.StartedAt.UTC(), LastError: i.Stats.LastError(),
	}
	if document := i.Document(); document != nil {
		status.Content, status.Generation, status.Concurrency = &document.Content, document.Generation, document.Concurrency
	}
	if report.HeartbeatAge >= 0 {
		age := report.HeartbeatAge.Milliseconds()
		status.HeartbeatAgeMs = &age
	}
	return status
}

func ownCPU() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
