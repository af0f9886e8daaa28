package watcher

import (
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/pools"
)

const drainInterval = 10 * time.Millisecond

// Drain refuses from now on and gives what is still in flight when that is nothing, or after `timeout` (W9.1).
func (i *Instance) Drain(timeout time.Duration) int64 {
	for _, pool := range i.refuseAll() {
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
	all := i.refuseAll()
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

// refuseAll refuses whatever comes from now on, and gives the pools that have not ended.
func (i *Instance) refuseAll() []pools.Pool {
	i.mu.Lock()
	i.draining = true
	i.mu.Unlock()
	return i.allPools()
}
