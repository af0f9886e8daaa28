package pools

import (
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

func (p *processPool) expire(l *lane) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.verdict == nil && l.job != nil && l.state == laneBusy {
		l.verdict = contract.NewError(contract.FunctionTimeout, "the function did not answer within its deadline")
		l.executor.kill()
	}
}

func (p *processPool) exited(l *lane) {
	e := l.executor
	p.mu.Lock()
	delete(p.lanes, e)
	job, wasLoading := l.job, l.state == laneLoading
	wasTaken := job != nil
	for _, conn := range e.exit.Untaken {
		wasTaken = wasTaken && conn != job.conn
	}
	ownFault := l.verdict != nil || !e.expected.Load()
	replaced := p.stopped == "" && ownFault && !wasLoading
	p.mu.Unlock()

	failure := contract.NewError(contract.FunctionCrashed, "the executor ended: "+e.exit.Reason)
	reason := failure
	if l.verdict != nil {
		reason = l.verdict
		failure = contract.NewError(contract.FunctionCrashed, reason.Message)
		if reason.Code == contract.FunctionTimeout {
			failure = reason
		}
	}
	if wasTaken {
		if job.started != nil {
			p.o.Stats.Blame([]wire.Running{{RequestID: contract.RequestID(job.started.RequestID), Started: job.startedAt}}, failure.Code, failure.Message)
		}
		go job.fail(failure)
	}
	if replaced {
		p.o.Stats.Replaced(reason)
		if l.verdict == nil && isFailedStart(time.Since(e.startedAt), e.connectionsTaken()) {
			p.backOff()
		}
	}
	for _, conn := range e.exit.Untaken {
		p.o.Route(conn)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grow()
	p.checkEnd()
}

func (p *processPool) watch() {
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

// check ends lanes that take too much memory or, when free, give no sign of life. A busy one's silence is ended by its deadline.
func (p *processPool) check(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e, l := range p.lanes {
		v := vitals{silent: e.beatAge(now), silentChecks: 1}
		if l.state == laneLoading || l.verdict != nil {
			continue
		}
		if l.state == laneBusy {
			v.silent = 0
		}
		if p.o.MemoryLimitBytes > 0 {
			v.rssBytes = RSS(e.pid)
		}
		if reason := decideReplacement(v, max(p.o.timeout(), time.Second), p.o.MemoryLimitBytes); reason != nil {
			l.verdict = reason
			e.kill()
		}
	}
}
