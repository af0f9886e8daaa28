package invoke

import (
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// eventInvoker calls a handler of signature `event`: the whole body first, then user code, then its result.
func eventInvoker(handler *eventHandler, maxBodyBytes int64) invoker {
	return func(inv *invocation, w http.ResponseWriter) {
		r := inv.request
		body, err := readBody(r, maxBodyBytes)
		if err != nil {
			inv.refuse(w, err)
			return
		}
		input, err := decodeInput(r, inv.requestID, body, handler.input)
		if err != nil {
			inv.refuse(w, err)
			return
		}
		if !inv.enter() {
			return
		}
		defer inv.endGoexit()
		result, failed := handler.call(inv, input)
		if failed == nil && !inv.over.Load() {
			failed = inv.send(w, result)
		}
		if failed != nil {
			inv.answerFailure(w, failed)
		}
		inv.end(wire.OutcomeOK, true)
	}
}

// refuse answers a request that user code does not see.
func (inv *invocation) refuse(w http.ResponseWriter, err error) {
	if errors.Is(err, errClientGone) {
		inv.end(wire.OutcomeOK, false)
		panic(http.ErrAbortHandler)
	}
	if failure := contract.AsError(err); inv.fail(failure, "") {
		answerError(w, inv.request, inv.requestID, failure, false)
	}
}

// answerFailure answers for user code that failed, or cuts an answer that has begun.
func (inv *invocation) answerFailure(w http.ResponseWriter, failed *thrown) {
	if !inv.fail(failed.failure, failed.stack) {
		return
	}
	if inv.conn.state.Load() == stateOpen {
		answerError(w, inv.request, inv.requestID, failed.failure, inv.front.retired.Load() != nil)
		return
	}
	inv.conn.conclude(inv.conn.seize(), failed.failure, inv.requestID, false)
	panic(http.ErrAbortHandler)
}

// endGoexit is deferred around user code: it has an effect only where that ended its goroutine.
func (inv *invocation) endGoexit() {
	if inv.over.Load() {
		return
	}
	failure := functionError("panic", "the handler ended its goroutine")
	if inv.fail(failure, string(debug.Stack())) {
		inv.conn.conclude(inv.conn.seize(), failure, inv.requestID, inv.request.Method == http.MethodHead)
	}
}

// send writes a result as the answer (W6.4).
func (inv *invocation) send(w http.ResponseWriter, result any) (failed *thrown) {
	reply, err := toReply(result)
	if err != nil {
		return &thrown{failure: contract.AsError(err)}
	}
	header := w.Header()
	for name, values := range reply.header {
		header[name] = values
	}
	header[contract.HeaderRequestID] = []string{inv.requestID}
	if inv.front.retired.Load() != nil {
		// What follows on this connection would be refused.
		header["Connection"] = []string{"close"}
	}
	bodyless := inv.request.Method == http.MethodHead || reply.status == http.StatusNoContent || reply.status == http.StatusNotModified
	if reply.stream != nil && !bodyless {
		return inv.sendStream(w, reply)
	}
	if reply.stream == nil && reply.status != http.StatusNoContent && reply.status != http.StatusNotModified {
		header["Content-Length"] = []string{strconv.Itoa(len(reply.body))}
	}
	w.WriteHeader(reply.status)
	if !bodyless {
		_, _ = w.Write(reply.body)
	}
	return nil
}

// sendStream sends each chunk before the next is made. An error before the first still gets its own answer.
func (inv *invocation) sendStream(w http.ResponseWriter, reply *reply) (failed *thrown) {
	defer func() {
		if value := recover(); value != nil {
			failed = panicked(value, debug.Stack())
		}
	}()
	controller := http.NewResponseController(w)
	begun := false
	begin := func() {
		if !begun {
			begun = true
			w.WriteHeader(reply.status)
		}
	}
	err := reply.stream(func(chunk []byte) bool {
		if inv.over.Load() {
			return false
		}
		begin()
		_, err := w.Write(chunk)
		return err == nil && controller.Flush() == nil
	})
	if err != nil {
		var known *contract.Error
		if errors.As(err, &known) {
			return &thrown{failure: known}
		}
		return returned(err)
	}
	begin()
	_ = controller.Flush()
	return nil
}
