package pools

import (
	"time"

	"fibonacci.dev/go/internal/contract"
)

// finish retires an executor and ends it when nothing is left of it, when its requests are done and `idle` has passed, or after `limit`. The lock is held.
func (p *threadPool) finish(e *executor, code contract.Code, grace, limit, idle time.Duration) {
	go func() {
		e.retire(code, grace)
		ticker := time.NewTicker(checkInterval)
		defer ticker.Stop()
		started := time.Now()
		idleSince := started.Add(grace)
		for {
			select {
			case <-e.exited:
				return
			case now := <-ticker.C:
				if e.page.InFlight.Load() > 0 {
					idleSince = now
				}
				alone := e.page.Connections.Load() <= 0 && e.pending() == 0 && now.After(idleSince)
				if alone || now.Sub(idleSince) > idle || now.Sub(started) > limit {
					e.kill()
				}
			}
		}
	}()
}

func (p *threadPool) exited(e *executor) {
	p.mu.Lock()
	if !p.all[e] {
		p.mu.Unlock()
		return
	}
	delete(p.all, e)
	wasCurrent := e == p.current
	failed := false
	if wasCurrent {
		p.current = nil
		if failed = isFailedStart(time.Since(p.loadedAt), e.connectionsTaken()); !failed {
			p.failures = 0
		}
	}
	p.checkEnd()
	p.mu.Unlock()
	if !e.expected.Load() {
		p.o.Stats.Blame(e.exit.Running, contract.FunctionCrashed, "the executor ended: "+e.exit.Reason)
	}
	if wasCurrent {
		p.startOver(contract.NewError(contract.FunctionCrashed, "the executor ended: "+e.exit.Reason), failed)
	}
	for _, conn := range e.exit.Untaken {
		p.o.Route(conn)
	}
}

// watch looks after the current executor's health until the pool has ended.
func (p *threadPool) watch() {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		select {
		case <-p.ended:
			return
		case now := <-ticker.C:
			p.check(now)
		}
	}
}

func (p *threadPool) check(now time.Time) {
	p.mu.Lock()
	e := p.current
	if e == nil {
		p.mu.Unlock()
		return
	}
	v := vitals{silent: e.beatAge(now), silentChecks: e.silentFor}
	if p.o.MemoryLimitBytes > 0 {
		v.rssBytes = RSS(e.pid)
	}
	reason := decideReplacement(v, p.o.timeout(), p.o.MemoryLimitBytes)
	if isSilent(v.silent, p.o.timeout()) {
		e.silentFor++
	} else {
		e.silentFor = 0
	}
	if reason != nil {
		p.current = nil
	}
	p.mu.Unlock()
	if reason == nil {
		return
	}
	// It cannot finish anything: all that it runs is past its deadline, or takes memory that is not there.
	code := contract.FunctionCrashed
	if reason.Code == contract.FunctionTimeout {
		code = contract.FunctionTimeout
	}
	e.kill()
	go func() {
		<-e.exited
		p.o.Stats.Blame(e.exit.Running, code, reason.Message)
	}()
	p.startOver(reason, false)
}
