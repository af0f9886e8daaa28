package invoke

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/scope"
	"fibonacci.dev/go/internal/wire"
)

// invocation is one request from its arrival to its end: deadline, outcome, and the context.Context that user code gets. It ends exactly once.
type invocation struct {
	front     *front
	conn      *conn
	request   *http.Request
	requestID string
	started   time.Time
	deadline  time.Time
	timer     *time.Timer
	// slot in the page, -1 for none.
	slot int
	// entered: user code has seen the request.
	entered atomic.Bool
	over    atomic.Bool

	mu   sync.Mutex
	done chan struct{}
	err  error
	stop func() bool
}

func (f *front) begin(c *conn, r *http.Request, requestID string) *invocation {
	now := time.Now()
	limit := effectiveTimeout(f.timeout, r.Header.Get(contract.HeaderTimeout))
	inv := &invocation{front: f, conn: c, request: r, requestID: requestID, started: now, deadline: now.Add(limit), slot: f.slots.take()}
	if inv.slot >= 0 {
		f.page.Open(inv.slot, requestID, now)
	}
	c.invocation = inv
	inv.timer = time.AfterFunc(limit, inv.expire)
	return inv
}

// effectiveTimeout is the smaller of the function's timeout and the caller's, where the caller's is an integer of 1 or more (W5.4).
func effectiveTimeout(timeout time.Duration, header string) time.Duration {
	if header == "" || header[0] < '1' || header[0] > '9' || len(header) > 12 {
		return timeout
	}
	ms, err := strconv.ParseInt(header, 10, 64)
	if err != nil {
		return timeout
	}
	return min(timeout, time.Duration(ms)*time.Millisecond)
}

// enter is called when user code is about to see the request. False: the deadline has passed meanwhile.
func (inv *invocation) enter() bool {
	inv.entered.Store(true)
	if inv.front.alone {
		inv.front.host.Started(inv.requestID, inv.request.Method, max(time.Until(inv.deadline), time.Millisecond))
	}
	return !inv.over.Load()
}

// end takes the invocation to its end; false if it had ended. counted is false where user code has seen nothing.
func (inv *invocation) end(outcome wire.Outcome, counted bool) bool {
	if !inv.over.CompareAndSwap(false, true) {
		return false
	}
	inv.timer.Stop()
	inv.settle(outcome, counted, context.Canceled)
	return true
}

func (inv *invocation) settle(outcome wire.Outcome, counted bool, reason error) {
	if counted {
		inv.front.page.Tally.Count(outcome, time.Since(inv.started))
	}
	inv.front.busy.Add(-1)
	inv.cancel(reason)
	if inv.slot >= 0 {
		inv.front.page.Close(inv.slot)
		inv.front.slots.give(inv.slot)
	}
}

// fail ends the invocation with an error and gives false if it had ended before.
func (inv *invocation) fail(failure *contract.Error, stack string) bool {
	entered := inv.entered.Load()
	if !inv.end(wire.OutcomeError, entered) {
		return false
	}
	if failure.Code.Status() >= 500 {
		inv.report(failure, stack)
	}
	return true
}

// expire is called when the deadline has passed.
func (inv *invocation) expire() {
	entered := inv.entered.Load()
	if entered && inv.front.alone {
		// The supervisor ends this process and answers for it.
		return
	}
	if !inv.over.CompareAndSwap(false, true) {
		return
	}
	unsent := inv.conn.seize()
	failure := contract.NewError(contract.FunctionTimeout, "the function did not answer within "+strconv.FormatInt(inv.deadline.Sub(inv.started).Milliseconds(), 10)+" ms")
	if entered {
		inv.report(failure, "")
		// A fresh executor takes over before the caller can come again (W5.5).
		inv.front.retireForTimeout()
	}
	headOnly := inv.request.Method == http.MethodHead
	inv.settle(wire.OutcomeTimeout, entered, context.DeadlineExceeded)
	inv.conn.conclude(unsent, failure, inv.requestID, headOnly)
	// User code may never return.
	inv.conn.settle()
}

func (inv *invocation) report(failure *contract.Error, stack string) {
	inv.front.journal.write(wire.JournalLine{
		Failure: failure.Code, Message: failure.Message, RequestID: inv.requestID, DurationMs: time.Since(inv.started).Milliseconds(), Stack: stack,
	})
}

// Deadline is when the caller gives up.
func (inv *invocation) Deadline() (time.Time, bool) {
	return inv.deadline, !inv.deadline.IsZero()
}

// Done closes when the client goes away, the deadline passes or the invocation has ended.
func (inv *invocation) Done() <-chan struct{} {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.done == nil {
		inv.done = make(chan struct{})
		if inv.err != nil {
			close(inv.done)
		} else {
			inv.stop = context.AfterFunc(inv.request.Context(), func() { inv.cancel(context.Canceled) })
		}
	}
	return inv.done
}

// Err tells why it is done.
func (inv *invocation) Err() error {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.err == nil && inv.request.Context().Err() != nil {
		return context.Canceled
	}
	return inv.err
}

func (inv *invocation) cancel(reason error) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.err != nil {
		return
	}
	inv.err = reason
	if inv.done != nil {
		close(inv.done)
	}
	if inv.stop != nil {
		inv.stop()
	}
}

// Value gives the invocation itself to package function, and what net/http documents of its context; not what package context keeps there about a cancellation that is not ours.
func (inv *invocation) Value(key any) any {
	switch key {
	case scope.Key:
		return inv
	case http.ServerContextKey, http.LocalAddrContextKey:
		return inv.request.Context().Value(key)
	}
	return nil
}

func (inv *invocation) RequestID() string    { return inv.requestID }
func (inv *invocation) Namespace() string    { return inv.front.order.Function.Namespace }
func (inv *invocation) FunctionName() string { return inv.front.order.Function.Name }
func (inv *invocation) Content() string      { return inv.front.order.Content }
func (inv *invocation) Traceparent() string {
	return inv.request.Header.Get(contract.HeaderTraceparent)
}
func (inv *invocation) Logger() *slog.Logger { return inv.front.journal.logger(inv.requestID) }
