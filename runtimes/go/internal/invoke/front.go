// Package invoke is the executor's side of the data port: HTTP on connections that the supervisor hands over, admission, then one invocation a request.
package invoke

import (
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// Host is who the executor reports to.
type Host interface {
	// TimedOut: a deadline has passed in user code (thread mode).
	TimedOut()
	// Started, Begun and Free are the stages of the one invocation (process mode). Deadline 0: from now on it has none.
	Started(requestID, method string, deadline time.Duration)
	Begun()
	Free()
}

const (
	keepAlive    = 5 * time.Second
	headLimit    = 10 * time.Second
	maxHeadBytes = 64 * 1024
	// A timed-out caller is answered at the latest after this, should the supervisor be too busy to retire us first.
	retireWait = 100 * time.Millisecond
	queueDepth = 64
)

// front is the HTTP server of an executor.
type front struct {
	order   wire.LoadOrder
	page    *wire.Page
	host    Host
	journal *Journal
	invoke  invoker
	timeout time.Duration
	// alone: process mode, one request at a time, each on a connection of its own.
	alone       bool
	concurrency int64
	busy        atomic.Int64
	slots       *slots
	queue       *queue

	retired    atomic.Pointer[contract.Code]
	graceUntil atomic.Int64
	retirement chan struct{}
	retireOnce sync.Once
}

// Front serves connections with a function.
type Front struct{ *front }

// NewFront starts serving; connections come by Take.
func NewFront(order wire.LoadOrder, target *Target, page *wire.Page, host Host, journal *Journal) Front {
	f := &front{
		order: order, page: page, host: host, journal: journal, timeout: time.Duration(order.TimeoutMs) * time.Millisecond,
		alone: order.Mode == "process", concurrency: order.Concurrency, slots: newSlots(), retirement: make(chan struct{}),
		queue: &queue{conns: make(chan net.Conn, queueDepth), done: make(chan struct{})},
	}
	if f.alone {
		f.concurrency = 1
	}
	f.invoke = target.invoker(order.MaxBodyBytes)
	server := &http.Server{
		Handler: f, ReadHeaderTimeout: headLimit, IdleTimeout: keepAlive, MaxHeaderBytes: maxHeadBytes, ConnContext: withConn, ConnState: noteIdle,
		DisableGeneralOptionsHandler: true, ErrorLog: log.New(io.Discard, "", 0),
	}
	server.SetKeepAlivesEnabled(!f.alone)
	go func() { _ = server.Serve(f.queue) }()
	return Front{f}
}

// Take serves a connection that is counted already.
func (f Front) Take(tcp *net.TCPConn) {
	f.queue.conns <- &conn{TCPConn: tcp, front: f.front}
}

// Retire refuses from now on, but for the first request of a connection within grace.
func (f Front) Retire(code contract.Code, grace time.Duration) {
	f.graceUntil.Store(time.Now().Add(grace).UnixNano())
	f.retired.Store(&code)
	f.retireOnce.Do(func() { close(f.retirement) })
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := connOf(r)
	c.state.Store(stateOpen)
	c.requests++
	c.counted.Store(true)
	f.page.InFlight.Add(1)
	requestID := contract.RequestID(r.Header.Get(contract.HeaderRequestID))
	if len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) {
		// net/http has dropped a Content-Length beside it, or ignored a Transfer-Encoding, in silence: nothing that follows on this connection may be taken for a request (RFC 9112, 6.1).
		w.Header().Set("Connection", "close")
	}
	if code := f.admit(c); code != "" {
		f.page.Tally.Refused.Add(1)
		answerError(w, r, requestID, contract.NewError(code, code.Refusal()), code != contract.ConcurrencyLimit)
		return
	}
	inv := f.begin(c, r, requestID)
	f.invoke(inv, w)
}

// admit decides whether a request is taken, and gives "" or why not (W5.1). A connection that was handed over while new code was loading has had no chance to go elsewhere: its first request is served.
func (f *front) admit(c *conn) contract.Code {
	if code := f.retired.Load(); code != nil && (c.requests > 1 || time.Now().UnixNano() > f.graceUntil.Load()) {
		return *code
	}
	if f.busy.Add(1) > f.concurrency {
		f.busy.Add(-1)
		return contract.ConcurrencyLimit
	}
	return ""
}

// noteIdle hears that an answer is on the wire whole.
func noteIdle(nc net.Conn, state http.ConnState) {
	if state == http.StateIdle {
		c := nc.(*conn)
		c.state.Store(stateBetween)
		c.invocation = nil
		c.settle()
	}
}

// left hears that a connection has closed.
func (f *front) left(c *conn) {
	c.settle()
	if inv := c.invocation; inv != nil {
		inv.end(wire.OutcomeOK, inv.entered.Load())
	}
	f.page.Connections.Add(-1)
	if f.alone {
		f.host.Free()
	}
}

// retireForTimeout tells the supervisor that user code has passed a deadline, and waits until it has put another executor in our place.
func (f *front) retireForTimeout() {
	f.host.TimedOut()
	select {
	case <-f.retirement:
	case <-time.After(retireWait):
	}
}

// slots are the free places of a page.
type slots struct {
	mu   sync.Mutex
	free []int
}

func newSlots() *slots {
	s := &slots{free: make([]int, wire.Slots)}
	for i := range s.free {
		s.free[i] = wire.Slots - 1 - i
	}
	return s
}

func (s *slots) take() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return -1
	}
	index := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return index
}

func (s *slots) give(index int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, index)
}
