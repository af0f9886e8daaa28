package watcher

import (
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/control"
	"fibonacci.dev/go/internal/pools"
	"fibonacci.dev/go/internal/wire"
)

// PushResult is the answer to a push (W3.5).
type PushResult struct {
	Content    string  `json:"content"`
	Generation int64   `json:"generation"`
	Timings    Timings `json:"timings"`
}

// Timings of a push in milliseconds. What the code imports is part of the executable.
type Timings struct {
	CodeMs         float64 `json:"codeMs"`
	DependenciesMs float64 `json:"dependenciesMs"`
	InitMs         float64 `json:"initMs"`
}

type served struct {
	document *control.Document
	pool     pools.Pool
	result   PushResult
}

// Instance is the one function instance that this watcher is: what it serves, and how it gets there.
type Instance struct {
	StartedAt time.Time
	Stats     *pools.Stats

	config   Config
	log      *slog.Logger
	spawner  *pools.Spawner
	guardian *pools.Guardian
	refusals *refusals
	// pushing is held while a push is loaded: one after the other.
	pushing sync.Mutex

	mu       sync.Mutex
	owner    *wire.FunctionRef
	served   *served
	pools    map[pools.Pool]bool
	loading  int
	failed   bool
	draining bool
	folders  int
}

// NewInstance starts idle; owner is from the marker of an earlier life, or nil.
func NewInstance(config Config, log *slog.Logger, owner *wire.FunctionRef) *Instance {
	i := &Instance{StartedAt: time.Now(), config: config, log: log, owner: owner, spawner: pools.NewSpawner(), pools: map[pools.Pool]bool{}}
	i.Stats = pools.NewStats(log, i.FunctionName)
	i.refusals = newRefusals(i.Stats)
	i.guardian = pools.StartGuardian(i.spawner, log)
	return i
}

// State is one of `idle`, `loading`, `ready`, `draining`, `failed` (W2.3).
func (i *Instance) State() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.draining:
		return "draining"
	case i.served != nil && i.served.pool.Serving():
		return "ready"
	case i.served != nil || i.loading > 0:
		return "loading"
	case i.failed:
		return "failed"
	}
	return "idle"
}

// Available: it serves its function, or may be given any.
func (i *Instance) Available() bool {
	state := i.State()
	return state == "ready" || state == "idle" && i.Owner() == nil
}

// Owner is the function that this instance belongs to for life, or nil.
func (i *Instance) Owner() *wire.FunctionRef {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.owner
}

// FunctionName is `<namespace>/<name>` of the owner, or "".
func (i *Instance) FunctionName() string {
	owner := i.Owner()
	if owner == nil {
		return ""
	}
	return owner.Namespace + "/" + owner.Name
}

// Document is that of the revision that is served, or nil.
func (i *Instance) Document() *control.Document {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.served == nil {
		return nil
	}
	return i.served.document
}

// Route takes a new connection of the data port.
func (i *Instance) Route(conn *net.TCPConn) {
	i.mu.Lock()
	draining, served := i.draining, i.served
	i.mu.Unlock()
	switch {
	case draining:
		i.refusals.refuse(conn, contract.Draining)
	case served == nil:
		i.refusals.refuse(conn, contract.NotSpecialized)
	default:
		served.pool.Take(conn)
	}
}

// Check refuses a push that would not be loaded anyway, before its package is read.
func (i *Instance) Check(act control.Act, document *control.Document) (same bool, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	state := control.State{Owner: i.owner, Draining: i.draining}
	if i.served != nil {
		state.Served = &control.Served{Generation: i.served.document.Generation, Content: i.served.document.Content}
	}
	return control.DecidePush(state, act, document)
}

// Push loads a revision beside what is served and moves new requests to it. On an error what was served goes on.
func (i *Instance) Push(act control.Act, document *control.Document, packageBytes io.Reader, receivedAt time.Time) (PushResult, error) {
	i.pushing.Lock()
	defer i.pushing.Unlock()
	same, err := i.Check(act, document)
	if err != nil {
		return PushResult{}, err
	}
	if same {
		// An answer before the end of the push would cut it off.
		_, err := io.Copy(io.Discard, packageBytes)
		i.mu.Lock()
		defer i.mu.Unlock()
		return i.served.result, err
	}
	i.mu.Lock()
	i.loading++
	i.folders++
	name := strconv.FormatInt(document.Generation, 10) + "-" + strconv.Itoa(i.folders)
	i.mu.Unlock()
	result, err := i.load(document, packageBytes, name, receivedAt)
	i.mu.Lock()
	i.loading--
	i.failed = err != nil && i.served == nil
	i.mu.Unlock()
	if err != nil {
		failure := contract.AsError(err)
		i.Stats.SetLastError(failure)
		fields := []any{"function", i.FunctionName(), "generation", document.Generation, "code", failure.Code, "error", failure.Message}
		if failure.File != "" {
			fields = append(fields, "file", failure.File, "line", failure.Line)
		}
		i.log.Error("revision refused", fields...)
		return PushResult{}, err
	}
	i.Stats.SetLastError(nil)
	return result, nil
}

// Report adds up all executors, also those that finish old requests. Memory and CPU include the supervisor's own.
func (i *Instance) Report() pools.Report {
	total := pools.Report{HeartbeatAge: -1, MemoryBytes: pools.RSS(os.Getpid()), CPU: ownCPU() + i.Stats.EndedCPU()}
	for _, pool := range i.allPools() {
		report := pool.Report()
		total.InFlight += report.InFlight
		total.MemoryBytes += report.MemoryBytes
		total.CPU += report.CPU
		total.HeartbeatAge = max(total.HeartbeatAge, report.HeartbeatAge)
	}
	return total
}

// allPools gives the pools that have not ended: of what is served, and of what finishes.
func (i *Instance) allPools() []pools.Pool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Collect(maps.Keys(i.pools))
}
