package pools

import (
	"net"
	"sync"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

const (
	// KeepAlive is how long an executor keeps an idle connection.
	KeepAlive = 5 * time.Second
	// A connection that was handed over just before a switch may bring its first request for so long.
	switchGrace = 250 * time.Millisecond
	// After its last request an executor waits for idle connections to close by themselves, so that no request meets a reset.
	linger             = KeepAlive + 1500*time.Millisecond
	lingerAfterTimeout = time.Second
)

// threadPool: one executor runs up to `concurrency` invocations (W5.7). When it fails a fresh one takes over, and callers wait for it.
type threadPool struct {
	o     Options
	ended chan struct{}

	mu       sync.Mutex
	all      map[*executor]bool
	current  *executor
	loadedAt time.Time
	waiting  []*net.TCPConn
	failures int
	retry    *time.Timer
	stopped  contract.Code
	over     bool
}

func newThreadPool(o Options) *threadPool {
	p := &threadPool{o: o, ended: make(chan struct{}), all: map[*executor]bool{}}
	go p.watch()
	return p
}

func (p *threadPool) Start() (float64, error) {
	e, err := startExecutor(&p.o, p.receive)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	p.all[e] = true
	p.mu.Unlock()
	go func() {
		<-e.exited
		p.exited(e)
	}()
	initMs, err := e.load()
	if err != nil {
		e.kill()
		return 0, err
	}
	p.serveWith(e)
	return initMs, nil
}

func (p *threadPool) Serving() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped == "" && p.retry == nil
}

func (p *threadPool) Ended() <-chan struct{} { return p.ended }

func (p *threadPool) Take(conn *net.TCPConn) {
	p.mu.Lock()
	current, stopped := p.current, p.stopped
	waits := stopped == "" && current == nil && p.retry == nil && len(p.waiting) < maxWaiting
	if waits {
		p.waiting = append(p.waiting, conn)
	}
	p.mu.Unlock()
	switch {
	case stopped != "":
		p.o.Refuse(conn, stopped)
	case current != nil:
		if !current.hand(conn, false) {
			// Its end is about to be noticed.
			<-current.exited
			p.exited(current)
			p.o.Route(conn)
		}
	case !waits:
		p.o.Refuse(conn, contract.ExecutorUnavailable)
	}
}

func (p *threadPool) Report() Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	report := Report{HeartbeatAge: -1, InFlight: int64(len(p.waiting))}
	for e := range p.all {
		report.add(e, now)
		report.InFlight += max(e.page.InFlight.Load(), 0)
	}
	return report
}

func (p *threadPool) Stop(code contract.Code) {
	p.mu.Lock()
	if p.stopped == "" {
		p.stopped = code
		if p.retry != nil {
			p.retry.Stop()
		}
		if current := p.current; current != nil {
			p.current = nil
			grace := time.Duration(0)
			if code == contract.ExecutorRetired {
				grace = switchGrace
			}
			p.finish(current, code, grace, p.o.timeout()+linger, linger)
		}
	}
	waiting := p.takeWaiting()
	p.checkEnd()
	p.mu.Unlock()
	for _, conn := range waiting {
		p.o.Route(conn)
	}
}

func (p *threadPool) Kill() {
	p.Stop(contract.Draining)
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := range p.all {
		e.kill()
	}
}

func (p *threadPool) serveWith(e *executor) {
	p.mu.Lock()
	if p.stopped != "" {
		p.mu.Unlock()
		e.kill()
		return
	}
	if !p.all[e] {
		// It has ended meanwhile, and was not the current one then.
		p.current = nil
		p.mu.Unlock()
		p.startOver(contract.NewError(contract.FunctionCrashed, "the executor ended: "+e.exit.Reason), true)
		return
	}
	p.current, p.loadedAt = e, time.Now()
	waiting := p.takeWaiting()
	p.mu.Unlock()
	for _, conn := range waiting {
		p.Take(conn)
	}
}

func (p *threadPool) receive(e *executor, frame wire.Frame) {
	if frame.Kind == wire.KindTimedOut {
		p.replace(e, contract.NewError(contract.FunctionTimeout, "an invocation passed its deadline"))
	}
}

// replace lets a fresh executor take over at once; the old one finishes what it has, then ends (W5.5).
func (p *threadPool) replace(e *executor, reason *contract.Error) {
	p.mu.Lock()
	if e != p.current {
		p.mu.Unlock()
		return
	}
	p.current = nil
	p.finish(e, contract.ExecutorRetired, 0, p.o.timeout()+lingerAfterTimeout, lingerAfterTimeout)
	p.mu.Unlock()
	p.startOver(reason, false)
}

// startOver starts a fresh executor after the back-off that is due.
func (p *threadPool) startOver(reason *contract.Error, failed bool) {
	p.mu.Lock()
	if p.stopped != "" {
		p.mu.Unlock()
		return
	}
	if failed {
		p.failures++
	}
	delay := backoff(p.failures)
	var refused []*net.TCPConn
	if delay > 0 {
		refused = p.takeWaiting()
		p.retry = time.AfterFunc(delay, func() {
			p.mu.Lock()
			p.retry = nil
			p.mu.Unlock()
			p.restart()
		})
	}
	p.mu.Unlock()
	p.o.Stats.Replaced(reason)
	for _, conn := range refused {
		p.o.Refuse(conn, contract.ExecutorUnavailable)
	}
	if delay == 0 {
		go p.restart()
	}
}

func (p *threadPool) restart() {
	if _, err := p.Start(); err != nil {
		p.startOver(contract.AsError(err), true)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = 0
}

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

func (p *threadPool) takeWaiting() []*net.TCPConn {
	waiting := p.waiting
	p.waiting = nil
	return waiting
}

func (p *threadPool) checkEnd() {
	if p.stopped != "" && len(p.all) == 0 && !p.over {
		p.over = true
		close(p.ended)
	}
}
