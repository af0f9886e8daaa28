package watcher

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/control"
	"fibonacci.dev/go/internal/pack"
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

func (i *Instance) load(document *control.Document, packageBytes io.Reader, name string, receivedAt time.Time) (PushResult, error) {
	folder, err := i.unpack(document, packageBytes, name)
	if err != nil {
		return PushResult{}, err
	}
	if i.Owner() == nil {
		if err := writeMarker(i.config.Scratch, document.Function); err != nil {
			return PushResult{}, errors.Join(err, os.RemoveAll(folder))
		}
	}
	i.mu.Lock()
	i.owner = &document.Function
	i.mu.Unlock()
	unpackedAt := time.Now()
	pool := i.newPool(document, folder)
	if _, err := pool.Start(); err != nil {
		pool.Kill()
		return PushResult{}, err
	}
	timings := Timings{CodeMs: milliseconds(unpackedAt.Sub(receivedAt)), InitMs: milliseconds(time.Since(unpackedAt))}
	result := PushResult{Content: document.Content, Generation: document.Generation, Timings: timings}
	i.switchTo(&served{document, pool, result})
	return result, nil
}

// unpack checks a package while it comes; only when it is right do its files get their place.
func (i *Instance) unpack(document *control.Document, packageBytes io.Reader, name string) (string, error) {
	incoming := filepath.Join(i.config.Scratch, incomingFolder, name)
	if err := pack.Stage(packageBytes, document.Package, incoming); err != nil {
		return "", errors.Join(err, os.RemoveAll(incoming))
	}
	folder := filepath.Join(i.config.Scratch, codeFolder, name)
	return folder, os.Rename(incoming, folder)
}

func (i *Instance) newPool(document *control.Document, folder string) pools.Pool {
	pool := pools.New(pools.Options{
		Order: wire.LoadOrder{
			Version: wire.Version, Function: document.Function, Content: document.Content, Handler: document.Handler, Signature: document.Signature, Mode: document.Mode,
			Concurrency: document.Concurrency, TimeoutMs: document.TimeoutMs, MaxBodyBytes: document.MaxBodyBytes, MemoryLimitBytes: i.config.MemoryLimitBytes,
		},
		Folder: folder, Scratch: i.config.Scratch, Env: i.environment(document), MemoryLimitBytes: i.config.MemoryLimitBytes,
		Stats: i.Stats, Output: &pools.Output{Log: i.log, Function: i.FunctionName}, Spawner: i.spawner, Guardian: i.guardian,
		Refuse: i.refusals.refuse, Route: i.Route,
	}, document.Mode == control.ModeProcess)
	i.mu.Lock()
	i.pools[pool] = true
	i.mu.Unlock()
	go func() {
		<-pool.Ended()
		i.mu.Lock()
		delete(i.pools, pool)
		i.mu.Unlock()
		_ = os.RemoveAll(folder)
	}()
	return pool
}

// environment is what user code sees (W3.7).
func (i *Instance) environment(document *control.Document) []string {
	env := map[string]string{"HOME": i.config.Scratch, "TMPDIR": filepath.Join(i.config.Scratch, temporaryFolder), "LANG": "C.UTF-8", "TZ": "UTC"}
	for _, name := range []string{"PATH", "LANG", "TZ"} {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	for name, value := range document.Env {
		env[name] = value
	}
	env["FIB_FUNCTION"] = document.Function.Namespace + "/" + document.Function.Name
	env["FIB_CONTENT"] = document.Content
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

func (i *Instance) switchTo(next *served) {
	i.mu.Lock()
	before, draining := i.served, i.draining
	i.served = next
	i.mu.Unlock()
	if before != nil {
		before.pool.Stop(contract.ExecutorRetired)
	}
	if draining {
		next.pool.Stop(contract.Draining)
	}
	r := next.result
	i.log.Info("revision serves", "function", i.FunctionName(), "generation", r.Generation, "content", r.Content, "codeMs", r.Timings.CodeMs, "initMs", r.Timings.InitMs)
}

// Report adds up all executors, also those that finish old requests. Memory and CPU include the supervisor's own.
func (i *Instance) Report() pools.Report {
	i.mu.Lock()
	all := make([]pools.Pool, 0, len(i.pools))
	for pool := range i.pools {
		all = append(all, pool)
	}
	i.mu.Unlock()
	total := pools.Report{HeartbeatAge: -1, MemoryBytes: pools.RSS(os.Getpid()), CPU: ownCPU() + i.Stats.EndedCPU()}
	for _, pool := range all {
		report := pool.Report()
		total.InFlight += report.InFlight
		total.MemoryBytes += report.MemoryBytes
		total.CPU += report.CPU
		total.HeartbeatAge = max(total.HeartbeatAge, report.HeartbeatAge)
	}
	return total
}

const drainInterval = 10 * time.Millisecond

// Drain refuses from now on and gives what is still in flight when that is nothing, or after `timeout` (W9.1).
func (i *Instance) Drain(timeout time.Duration) int64 {
	i.mu.Lock()
	i.draining = true
	all := make([]pools.Pool, 0, len(i.pools))
	for pool := range i.pools {
		all = append(all, pool)
	}
	i.mu.Unlock()
	for _, pool := range all {
		pool.Stop(contract.Draining)
	}
	deadline := time.Now().Add(timeout)
	for {
		inFlight := i.Report().InFlight
		left := time.Until(deadline)
		if inFlight == 0 || left <= 0 {
			return inFlight
		}
		time.Sleep(min(left, drainInterval))
	}
}

const closeLimit = 3 * time.Second

// Close ends every executor at once.
func (i *Instance) Close() {
	i.mu.Lock()
	i.draining = true
	all := make([]pools.Pool, 0, len(i.pools))
	for pool := range i.pools {
		all = append(all, pool)
	}
	i.mu.Unlock()
	for _, pool := range all {
		pool.Kill()
	}
	limit := time.NewTimer(closeLimit)
	defer limit.Stop()
	for _, pool := range all {
		select {
		case <-pool.Ended():
		case <-limit.C:
			// What has not ended by then is the guardian's.
			limit.Reset(0)
		}
	}
	i.guardian.Close()
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
