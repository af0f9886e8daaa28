// Package function is what Go functions may use of the platform. Handlers need none of it: plain Go types do.
//
// A handler of signature `event` is a func in which each of context, input, output and error may be left out:
//
//	func Handler(ctx context.Context, order Order) (Receipt, error)
//
// The input is an [Event], a [CloudEvent], map[string]any or any (the event as watcher.md W6.1 to W6.3 describe it), string or []byte (the body as it is), or any other type, into
// which the JSON of the body, or of a CloudEvent's data, is decoded; without a body it has its zero value. The output becomes the answer: nil 204, string text, []byte bytes, io.Reader and
// iter.Seq or iter.Seq2 with an error (of string or []byte) a stream, [Response] and [CloudEvent] themselves, anything else JSON.
//
// A handler of signature `http` is an http.Handler or a func(http.ResponseWriter, *http.Request).
package function

import (
	"context"
	"log/slog"
	"time"

	"fibonacci.dev/go/internal/scope"
)

// Context is what an invocation tells of itself (watcher.md W6.7). Cancellation and deadline are those of the context.Context: it is done when the client goes away or the deadline passes.
type Context struct {
	RequestID string
	Namespace string
	// Name of the function.
	Name string
	// Content is the digest of the revision that runs.
	Content string
	// Traceparent is the caller's W3C trace parent, or "".
	Traceparent string
	// Log writes lines that carry the request id.
	Log *slog.Logger

	deadline time.Time
}

// FromContext gives the invocation's Context. Outside of an invocation, in a test, its texts are empty and Log is slog's default.
func FromContext(ctx context.Context) Context {
	deadline, _ := ctx.Deadline()
	invocation := scope.Of(ctx)
	if invocation == nil {
		return Context{Log: slog.Default(), deadline: deadline}
	}
	return Context{
		RequestID: invocation.RequestID(), Namespace: invocation.Namespace(), Name: invocation.FunctionName(), Content: invocation.Content(),
		Traceparent: invocation.Traceparent(), Log: invocation.Logger(), deadline: deadline,
	}
}

// Deadline is when the caller gives up; the zero time outside of an invocation.
func (c Context) Deadline() time.Time { return c.deadline }

// Remaining is the time until the deadline, 0 when it has passed.
func (c Context) Remaining() time.Duration { return max(0, time.Until(c.deadline)) }
