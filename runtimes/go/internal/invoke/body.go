package invoke

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"
	"unsafe"

	"fibonacci.dev/go/internal/contract"
)

func tooLarge(limit int64) *contract.Error {
	return contract.NewError(contract.BodyTooLarge, fmt.Sprintf("the body is larger than the %d bytes that this function takes", limit))
}

// errClientGone: the client left before its request was whole, and there is nobody to answer.
var errClientGone = errors.New("the client has gone")

const firstBodyBytes = 32 * 1024

// readBody reads a body of at most `limit` bytes. Its memory grows with what comes, not with what is announced.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	if r.ContentLength == 0 {
		return nil, nil
	}
	size := r.ContentLength
	if size < 0 || size > firstBodyBytes {
		size = firstBodyBytes
	}
	buffer := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := buffer.ReadFrom(io.LimitReader(r.Body, limit+1)); err != nil {
		return nil, errClientGone
	}
	if int64(buffer.Len()) > limit {
		return nil, tooLarge(limit)
	}
	return buffer.Bytes(), nil
}

// mediaType is a content type without its parameters, in lower case.
func mediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// convertBody gives a body by its content type (W6.1).
func convertBody(contentType string, body []byte) (any, error) {
	if len(body) == 0 {
		return nil, nil
	}
	media := mediaType(contentType)
	switch {
	case isJSON(media):
		var value any
		return value, decodeJSON(body, &value)
	case strings.HasPrefix(media, "text/"), media == "application/x-www-form-urlencoded":
		return textOf(body), nil
	}
	return body, nil
}

// textOf gives bytes that nobody else has as a string, without copying them.
func textOf(body []byte) string {
	if !utf8.Valid(body) {
		return strings.ToValidUTF8(string(body), "\ufffd")
	}
	return unsafe.String(unsafe.SliceData(body), len(body))
}

// decodeJSON refuses what is no JSON, or does not fit the handler's input, before user code runs (W6.2).
func decodeJSON(body []byte, into any) error {
	if !utf8.Valid(body) {
		return notJSON()
	}
	err := json.Unmarshal(body, into)
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch):
		return contract.NewError(contract.BadJSON, fmt.Sprintf("the body does not fit: %s must be a %s, not a %s", fieldName(mismatch.Field), jsonName(mismatch.Type), mismatch.Value))
	case json.Valid(body):
		// A decoder of the input's own has refused it.
		return contract.NewError(contract.BadJSON, "the body does not fit what the function takes")
	}
	return notJSON()
}

func notJSON() error {
	return contract.NewError(contract.BadJSON, "the body is to be JSON and is not")
}

func fieldName(field string) string {
	if field == "" {
		return "it"
	}
	return field
}

func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	}
	return "number (" + t.Kind().String() + ")"
}
