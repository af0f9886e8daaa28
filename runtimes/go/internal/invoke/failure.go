package invoke

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"fibonacci.dev/go/internal/contract"
)

// panicked tells the caller name and first line, and the log the stack (W6.6).
func panicked(value any, stack []byte) *thrown {
	name, message := "panic", fmt.Sprint(value)
	if err, ok := value.(error); ok {
		name, message = errorName(err, "panic"), err.Error()
	}
	return &thrown{functionError(name, message), name + ": " + message + "\n" + string(stack)}
}

// returned is the same for an error that a handler returned; a stack is there where the error has one.
func returned(err error) *thrown {
	return &thrown{functionError(errorName(err, "Error"), err.Error()), fmt.Sprintf("%+v", err)}
}

func functionError(name, message string) *contract.Error {
	first, _, _ := strings.Cut(message, "\n")
	return contract.NewError(contract.FunctionError, name+": "+cut(first))
}

// errorName is the name of an error's type where user code has given it one.
func errorName(err error, unnamed string) string {
	t := reflect.TypeOf(err)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch path := t.PkgPath(); {
	case t.Name() == "", path == "errors", path == "fmt", path == "runtime":
		return unnamed
	}
	return t.Name()
}

func badResponse(format string, values ...any) error {
	return contract.NewError(contract.FunctionBadResponse, "the function’s result cannot be sent: "+fmt.Sprintf(format, values...))
}

// answerError writes an answer of the watcher's own, before anything of another is written (W5.2).
func answerError(w http.ResponseWriter, r *http.Request, requestID string, failure *contract.Error, closes bool) {
	header := w.Header()
	for name := range header {
		if name != "Connection" {
			delete(header, name)
		}
	}
	body := contract.Describe(header, failure, requestID)
	if closes || r.ContentLength != 0 {
		// Without this the answer would wait for the rest of the body.
		header.Set("Connection", "close")
	}
	w.WriteHeader(failure.Code.Status())
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
