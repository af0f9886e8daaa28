package watcher

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/control"
	"fibonacci.dev/go/internal/pack"
	"fibonacci.dev/go/internal/pools"
	"fibonacci.dev/go/internal/wire"
)

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

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
