package invoke

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// httpInvoker calls a handler of signature `http`. Bodies stream both ways.
func httpInvoker(handler http.Handler, maxBodyBytes int64) invoker {
	return func(inv *invocation, w http.ResponseWriter) {
		r := inv.request
		if r.ContentLength > maxBodyBytes {
			inv.refuse(w, tooLarge(maxBodyBytes))
			return
		}
		if !inv.enter() {
			return
		}
		if r.ContentLength != 0 {
			// The handler may answer while it reads.
			_ = http.NewResponseController(w).EnableFullDuplex()
		}
		answer := &answerWriter{ResponseWriter: w, inv: inv}
		request := r.WithContext(inv)
		if r.ContentLength < 0 {
			request.Body = &limitedBody{ReadCloser: r.Body, inv: inv, left: maxBodyBytes, limit: maxBodyBytes}
		}
		defer answer.finish()
		handler.ServeHTTP(answer, request)
		answer.returned = true
	}
}

// answerWriter is what user code writes to. It keeps the platform's headers from being forged (W5.2).
type answerWriter struct {
	http.ResponseWriter
	inv      *invocation
	wrote    bool
	returned bool
	hijacked bool
}

func (a *answerWriter) WriteHeader(status int) {
	if a.wrote || a.hijacked {
		return
	}
	a.wrote = status >= 200 || status == http.StatusSwitchingProtocols
	header := a.Header()
	dropPlatformHeaders(header)
	if a.wrote {
		header[contract.HeaderRequestID] = []string{a.inv.requestID}
		if a.inv.front.retired.Load() != nil {
			header["Connection"] = []string{"close"}
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answerWriter) Write(p []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(p)
}

// ReadFrom lets io.Copy use what net/http has for it.
func (a *answerWriter) ReadFrom(r io.Reader) (int64, error) {
	a.begin()
	if from, ok := a.ResponseWriter.(io.ReaderFrom); ok {
		return from.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{a.ResponseWriter}, r)
}

func (a *answerWriter) Flush() { _ = a.FlushError() }

// FlushError is what http.ResponseController calls.
func (a *answerWriter) FlushError() error {
	a.begin()
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Hijack gives user code the connection: it counts as in flight until that closes it, and has no deadline of its own (W7.4).
func (a *answerWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	inv := a.inv
	if !inv.timer.Stop() || !inv.conn.state.CompareAndSwap(stateOpen, stateHijacked) {
		return nil, nil, errors.New("the answer has begun, or the deadline has passed")
	}
	if inv.front.alone {
		inv.front.host.Begun()
		inv.front.host.Started(inv.requestID, inv.request.Method, 0)
	}
	conn, buffer, err := http.NewResponseController(a.ResponseWriter).Hijack()
	a.hijacked = err == nil
	return conn, buffer, err
}

// Unwrap lets http.ResponseController set deadlines.
func (a *answerWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answerWriter) begin() {
	if !a.wrote {
		a.WriteHeader(http.StatusOK)
	}
}

// finish ends the invocation when user code has returned, panicked or ended its goroutine.
func (a *answerWriter) finish() {
	inv := a.inv
	value := recover()
	switch {
	case a.hijacked:
		if value != nil {
			failed := panicked(value, debug.Stack())
			inv.fail(failed.failure, failed.stack)
			_ = inv.conn.Close()
		}
	case a.returned && value == nil:
		a.begin()
		// A trailer may be set until the end.
		dropPlatformHeaders(a.Header())
		inv.end(wire.OutcomeOK, true)
	default:
		a.abort(value)
	}
}

func (a *answerWriter) abort(value any) {
	inv := a.inv
	failed := &thrown{functionError("panic", "the handler ended its goroutine"), ""}
	if value != nil {
		failed = panicked(value, debug.Stack())
	}
	if !inv.fail(failed.failure, failed.stack) {
		panic(http.ErrAbortHandler)
	}
	if !a.wrote && value != nil && value != http.ErrAbortHandler && inv.conn.state.Load() == stateOpen {
		answerError(a.ResponseWriter, inv.request, inv.requestID, failed.failure, inv.front.retired.Load() != nil)
		return
	}
	unsent := inv.conn.seize() && value != http.ErrAbortHandler
	inv.conn.conclude(unsent, failed.failure, inv.requestID, inv.request.Method == http.MethodHead)
	panic(http.ErrAbortHandler)
}

func dropPlatformHeaders(header http.Header) {
	for name := range header {
		plain := strings.TrimPrefix(name, http.TrailerPrefix)
		if len(plain) >= len(contract.HeaderPrefix) && strings.EqualFold(plain[:len(contract.HeaderPrefix)], contract.HeaderPrefix) || strings.EqualFold(plain, contract.HeaderRequestID) {
			delete(header, name)
		}
	}
}

// limitedBody refuses a body of unknown length once it passes the limit (W5.6), whatever user code makes of its error.
type limitedBody struct {
	io.ReadCloser
	inv         *invocation
	left, limit int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left >= 0 {
		return n, err
	}
	failure := tooLarge(b.limit)
	if b.inv.fail(failure, "") {
		b.inv.conn.conclude(b.inv.conn.seize(), failure, b.inv.requestID, b.inv.request.Method == http.MethodHead)
	}
	return 0, &http.MaxBytesError{Limit: b.limit}
}
