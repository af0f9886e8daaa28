package invoke

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	"fibonacci.dev/go/function"
	"fibonacci.dev/go/internal/contract"
)

// Target is a handler that can be called by its signature.
type Target struct {
	signature string
	handler   http.Handler
	event     *eventHandler
}

// invoker takes an invocation to its end, whatever happens on the way.
type invoker func(inv *invocation, w http.ResponseWriter)

// NewTarget finds a handler among those that were compiled in, and checks that it is of the signature's kind (W3.4).
func NewTarget(handlers map[string]any, name, signature string) (*Target, error) {
	handler, ok := handlers[name]
	if !ok {
		names := make([]string, 0, len(handlers))
		for known := range handlers {
			names = append(names, known)
		}
		slices.Sort(names)
		return nil, loadFailed("the executable has no handler %s; it was compiled with %s", name, strings.Join(names, ", "))
	}
	switch signature {
	case "http":
		switch typed := handler.(type) {
		case http.Handler:
			return &Target{signature: signature, handler: typed}, nil
		case func(http.ResponseWriter, *http.Request):
			return &Target{signature: signature, handler: http.HandlerFunc(typed)}, nil
		}
		return nil, loadFailed("the handler %s is a %T: signature http takes an http.Handler or a func(http.ResponseWriter, *http.Request)", name, handler)
	case "event":
		event, problem := newEventHandler(handler)
		if problem != "" {
			return nil, loadFailed("the handler %s is a %T: %s", name, handler, problem)
		}
		return &Target{signature: signature, event: event}, nil
	}
	return nil, loadFailed("Go has the signatures event and http, not %s", signature)
}

func loadFailed(format string, values ...any) error {
	return contract.NewError(contract.LoadFailed, fmt.Sprintf(format, values...))
}

func (t *Target) invoker(maxBodyBytes int64) invoker {
	if t.event != nil {
		return eventInvoker(t.event, maxBodyBytes)
	}
	return httpInvoker(t.handler, maxBodyBytes)
}

var (
	contextType    = reflect.TypeFor[context.Context]()
	errorType      = reflect.TypeFor[error]()
	eventType      = reflect.TypeFor[function.Event]()
	cloudEventType = reflect.TypeFor[function.CloudEvent]()
	mapType        = reflect.TypeFor[map[string]any]()
	anyType        = reflect.TypeFor[any]()
	textType       = reflect.TypeFor[string]()
	bytesType      = reflect.TypeFor[[]byte]()
)

// eventHandler is a func in which context, input, output and error may each be left out.
type eventHandler struct {
	function  reflect.Value
	takesCtx  bool
	input     reflect.Type
	hasOutput bool
	hasError  bool
}

const eventForm = "signature event takes a func([context.Context,] [input]) ([output,] [error])"

func newEventHandler(handler any) (_ *eventHandler, problem string) {
	value := reflect.ValueOf(handler)
	if !value.IsValid() || value.Kind() != reflect.Func || value.IsNil() || value.Type().IsVariadic() {
		return nil, eventForm
	}
	t := value.Type()
	h := &eventHandler{function: value, takesCtx: t.NumIn() > 0 && t.In(0) == contextType}
	inputs := t.NumIn()
	if h.takesCtx {
		inputs--
	}
	if inputs == 1 {
		h.input = t.In(t.NumIn() - 1)
	}
	h.hasError = t.NumOut() > 0 && t.Out(t.NumOut()-1) == errorType
	outputs := t.NumOut()
	if h.hasError {
		outputs--
	}
	h.hasOutput = outputs == 1
	if inputs > 1 || outputs > 1 {
		return nil, eventForm
	}
	if h.input != nil {
		switch h.input.Kind() {
		case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
			return nil, "no request can be decoded into a " + h.input.String()
		case reflect.Interface:
			if h.input != anyType {
				return nil, "no request can be decoded into a " + h.input.String()
			}
		}
	}
	return h, ""
}

// thrown is what user code panicked with or returned as its error.
type thrown struct {
	failure *contract.Error
	stack   string
}

// call runs user code; a panic becomes thrown. A goroutine that user code ends by itself is none of these, and its end is seen by who called.
func (h *eventHandler) call(ctx context.Context, input reflect.Value) (result any, failed *thrown) {
	defer func() {
		if value := recover(); value != nil {
			failed = panicked(value, debug.Stack())
		}
	}()
	arguments := make([]reflect.Value, 0, 2)
	if h.takesCtx {
		arguments = append(arguments, reflect.ValueOf(ctx))
	}
	if h.input != nil {
		arguments = append(arguments, input)
	}
	results := h.function.Call(arguments)
	if h.hasError {
		if err, _ := results[len(results)-1].Interface().(error); err != nil {
			return nil, returned(err)
		}
	}
	if h.hasOutput {
		result = results[0].Interface()
	}
	return result, nil
}
