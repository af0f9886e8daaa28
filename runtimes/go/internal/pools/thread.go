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
