package invoke

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"fibonacci.dev/go/internal/contract"
)

// What may be written on a connection.
const (
	// Between requests net/http writes only when what came is no request.
	stateBetween uint32 = iota
	// A request is with its handler, nothing of the answer is on the wire.
	stateOpen
	// The answer has begun.
	stateBegun
	// We have answered in the handler's place, or given up: nobody else may write.
	stateSeized
	// The connection is user code's.
	stateHijacked
)

const seizedLinger = 2 * time.Second

// conn is a connection that knows what of an answer is on the wire, so that a deadline or a panic can still be answered for as long as that is nothing.
type conn struct {
	*net.TCPConn
	front  *front
	state  atomic.Uint32
	closed atomic.Bool
	// counted: a request of it is in flight.
	counted atomic.Bool
	// requests and invocation belong to the goroutine that serves the connection.
	requests   int
	invocation *invocation
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(r *http.Request) *conn {
	return r.Context().Value(connKey{}).(*conn)
}

func (c *conn) Write(p []byte) (int, error) {
	switch c.admit(p) {
	case stateBetween:
		// net/http answers what is no request in its own words (W5.2).
		failure := contract.NewError(contract.BadRequest, "this is not a well-formed HTTP/1.1 request")
		if _, err := c.TCPConn.Write(contract.Raw(failure, contract.RequestID(""), false)); err != nil {
			return 0, err
		}
		return len(p), nil
	case stateSeized:
		return 0, net.ErrClosed
	}
	return c.TCPConn.Write(p)
}

// ReadFrom lets net/http send files without copying them.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	if c.admit(nil) == stateSeized {
		return 0, net.ErrClosed
	}
	return c.TCPConn.ReadFrom(r)
}

var informational = []byte("HTTP/1.1 1")

// admit notes that an answer begins, unless it is an interim one, and gives the state under which p is written.
func (c *conn) admit(p []byte) uint32 {
	state := c.state.Load()
	if state != stateOpen || bytes.HasPrefix(p, informational) {
		return state
	}
	if c.front.alone {
		// The supervisor must know before the client does.
		c.front.host.Begun()
	}
	if c.state.CompareAndSwap(stateOpen, stateBegun) {
		return stateBegun
	}
	return c.state.Load()
}

// seize takes the connection from its handler and tells whether nothing of an answer is on the wire. Whoever seizes it concludes it.
func (c *conn) seize() (unsent bool) {
	if c.state.CompareAndSwap(stateOpen, stateSeized) {
		return true
	}
	c.state.CompareAndSwap(stateBegun, stateSeized)
	return false
}

// conclude answers on a seized connection in the handler's place while that is possible, else cuts it (W5.4).
func (c *conn) conclude(unsent bool, failure *contract.Error, requestID string, headOnly bool) {
	if !unsent {
		_ = c.SetLinger(0)
		_ = c.TCPConn.Close()
		return
	}
	if c.front.alone {
		c.front.host.Begun()
	}
	_ = c.SetWriteDeadline(time.Now().Add(seizedLinger))
	_, _ = c.TCPConn.Write(contract.Raw(failure, requestID, headOnly))
	_ = c.CloseWrite()
	// Closing at once would reset the connection before the client has read the answer.
	time.AfterFunc(seizedLinger, func() { _ = c.TCPConn.Close() })
}

func (c *conn) Close() error {
	if !c.closed.CompareAndSwap(false, true) {
		return net.ErrClosed
	}
	var err error
	if c.state.Load() != stateSeized {
		err = c.TCPConn.Close()
	}
	c.front.left(c)
	return err
}

// settle takes the connection's request out of what is in flight: its answer is on the wire whole, or given up.
func (c *conn) settle() {
	if c.counted.CompareAndSwap(true, false) {
		c.front.page.InFlight.Add(-1)
	}
}

// queue is the listener of connections that the supervisor hands over.
type queue struct {
	conns chan net.Conn
	done  chan struct{}
}

func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

func (q *queue) Close() error   { return nil }
func (q *queue) Addr() net.Addr { return &net.TCPAddr{} }
