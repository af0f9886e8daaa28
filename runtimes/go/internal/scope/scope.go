// Package scope ties a context.Context to the invocation that it belongs to.
package scope

import (
	"context"
	"log/slog"
)

// Invocation is what a context of the platform's tells about its invocation.
type Invocation interface {
	RequestID() string
	Namespace() string
	FunctionName() string
	Content() string
	Traceparent() string
	Logger() *slog.Logger
}

type key struct{}

// Key is what an invocation answers to Value with itself.
var Key any = key{}

// Of gives the invocation of a context, or nil.
func Of(ctx context.Context) Invocation {
	invocation, _ := ctx.Value(Key).(Invocation)
	return invocation
}
