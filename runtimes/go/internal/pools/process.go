package pools

import (
	"encoding/json"
	"net"
	"sync"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// processPool: up to `concurrency` executors, each with one connection and one invocation at a time (W5.7). One more than is busy is kept loaded.
type processPool struct {
	o     Options
	ended chan struct{}

	mu       sync.Mutex
	lanes    map[*executor]*lane
	starting int64
	waiting  []*net.TCPConn
	failures int
	retry    *time.Timer
	stopped  contract.Code
	over     bool
}

func newProcessPool(o Options) *processPool {
	p := &processPool{o: o, ended: make(chan struct{}), lanes: map[*executor]*lane{}}
	go p.watch()
	return p
}

func (p *processPool) Start() (float64, error) {
	p.mu.Lock()
	p.starting++
	p.mu.Unlock()
	initMs, err := p.startLane()
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	p.grow()
	p.mu.Unlock()
	return initMs, nil
}

func (p *processPool) Serving() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped == "" && p.retry == nil
}

func (p *processPool) Ended() <-chan struct{} { return p.ended }

func (p *processPool) Take(conn *net.TCPConn) {
	if !awaitFirstByte(conn) {
		_ = conn.Close()
		return
	}
	p.mu.Lock()
	refusal := p.stopped
	switch free := p.find(laneFree); {
	case refusal != "":
	case free != nil:
		p.assign(free, conn)
		p.grow()
	case p.retry != nil:
		refusal = contract.ExecutorUnavailable
	case p.count(laneBusy)+int64(len(p.waiting)) >= p.o.Order.Concurrency || len(p.waiting) >= maxWaiting:
		refusal = contract.ConcurrencyLimit
	default:
		p.waiting = append(p.waiting, conn)
		p.grow()
	}
	p.mu.Unlock()
	if refusal != "" {
		p.o.Refuse(conn, refusal)
	}
}

func (p *processPool) Report() Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	report := Report{HeartbeatAge: -1, InFlight: p.count(laneBusy) + int64(len(p.waiting))}
	for e := range p.lanes {
		report.add(e, now)
	}
	return report
}

func (p *processPool) Stop(code contract.Code) {
	p.mu.Lock()
	var waiting []*net.TCPConn
	if p.stopped == "" {
		p.stopped = code
		if p.retry != nil {
			p.retry.Stop()
		}
		for e, l := range p.lanes {
			if l.state != laneBusy {
				e.kill()
			}
		}
		waiting, p.waiting = p.waiting, nil
	}
	p.checkEnd()
	p.mu.Unlock()
	for _, conn := range waiting {
		p.o.Route(conn)
	}
}

func (p *processPool) Kill() {
	p.Stop(contract.Draining)
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := range p.lanes {
		e.kill()
	}
}

// startLane adds one executor and frees it for work when it has loaded; it was counted as starting.
func (p *processPool) startLane() (float64, error) {
	e, err := startExecutor(&p.o, p.receive)
	p.mu.Lock()
	p.starting--
	if err != nil {
		p.checkEnd()
		p.mu.Unlock()
		return 0, err
	}
	l := &lane{executor: e}
	p.lanes[e] = l
	stopped := p.stopped != ""
	p.mu.Unlock()
	go func() {
		<-e.exited
		p.exited(l)
	}()
	if stopped {
		e.kill()
	}
	initMs, err := e.load()
	if err != nil {
		e.kill()
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = 0
	p.free(l)
	return initMs, nil
}

// grow starts lanes until one is free, or on its way, beyond those that connections wait for. The lock is held.
func (p *processPool) grow() {
	for p.stopped == "" && p.retry == nil {
		coming := p.count(laneFree) + p.count(laneLoading) + p.starting
		if coming > int64(len(p.waiting)) || int64(len(p.lanes))+p.starting >= p.o.Order.Concurrency {
			return
		}
		p.starting++
		go func() {
			if _, err := p.startLane(); err != nil {
				p.o.Stats.SetLastError(contract.AsError(err))
				p.backOff()
			}
		}()
	}
}

func (p *processPool) backOff() {
	p.mu.Lock()
	if p.stopped != "" || p.retry != nil {
		p.mu.Unlock()
		return
	}
	p.failures++
	var refused []*net.TCPConn
	if p.count(laneFree)+p.count(laneBusy) == 0 {
		refused, p.waiting = p.waiting, nil
	}
	p.retry = time.AfterFunc(backoff(p.failures), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.retry = nil
		p.grow()
	})
	p.mu.Unlock()
	for _, conn := range refused {
		p.o.Refuse(conn, contract.ExecutorUnavailable)
	}
}

// assign gives a connection to a free lane. The lock is held.
func (p *processPool) assign(l *lane, conn *net.TCPConn) {
	l.state = laneBusy
	l.job = &job{conn: conn, startedAt: time.Now()}
	if !l.executor.hand(conn, true) {
		// Its end is about to be noticed, and puts the connection to another.
		l.executor.orphan(conn)
	}
}

// free takes a lane's finished job from it and gives it the next. The lock is held.
func (p *processPool) free(l *lane) {
	if l.job != nil {
		go l.job.release()
		l.job = nil
	}
	l.state = laneFree
	switch {
	case p.stopped != "":
		l.executor.kill()
	case len(p.waiting) > 0:
		next := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.assign(l, next)
	}
}

func (p *processPool) receive(e *executor, frame wire.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lanes[e]
	if l == nil || l.job == nil {
		return
	}
	switch frame.Kind {
	case wire.KindStarted:
		started := &wire.Started{}
		if json.Unmarshal(frame.Payload, started) != nil {
			return
		}
		l.job.started = started
		l.job.stopTimer()
		if started.DeadlineInMs > 0 {
			l.job.deadline = time.AfterFunc(time.Duration(started.DeadlineInMs)*time.Millisecond, func() { p.expire(l) })
		}
	case wire.KindBegun:
		l.job.begun = true
	case wire.KindFree:
		p.free(l)
	}
}

func (p *processPool) find(state laneState) *lane {
	for _, l := range p.lanes {
		if l.state == state && l.verdict == nil {
			return l
		}
	}
	return nil
}

func (p *processPool) count(state laneState) int64 {
	n := int64(0)
	for _, l := range p.lanes {
		if l.state == state {
			n++
		}
	}
	return n
}

func (p *processPool) checkEnd() {
	if p.stopped != "" && len(p.lanes) == 0 && p.starting == 0 && !p.over {
		p.over = true
		close(p.ended)
	}
}
