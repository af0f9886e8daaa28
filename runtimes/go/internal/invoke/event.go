package invoke

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"

	"fibonacci.dev/go/function"
)

// decodeInput makes a handler's input of a request (W6.1 to W6.3).
func decodeInput(r *http.Request, requestID string, body []byte, input reflect.Type) (reflect.Value, error) {
	contentType := r.Header.Get("Content-Type")
	if isCloudEvent(r.Header, contentType) {
		event, data, err := toCloudEvent(r.Header, contentType, body)
		if err != nil {
			return reflect.Value{}, err
		}
		return fitInput(input, function.Event{Type: event.Type, ID: event.ID, Body: event.Data, CloudEvent: event}, data)
	}
	if input == cloudEventType {
		return reflect.Value{}, badCloudEvent("the function takes CloudEvents, and the request is none")
	}
	if !needsEvent(input) {
		return bodyInput(input, contentType, body)
	}
	value, err := convertBody(contentType, body)
	if err != nil {
		return reflect.Value{}, err
	}
	target, query, _ := strings.Cut(r.RequestURI, "?")
	event := function.Event{Type: "http", ID: requestID, Method: r.Method, Path: pathOf(target), Query: parseQuery(query), Headers: joinHeaders(r), Body: value}
	return fitInput(input, event, body)
}

// bodyInput is for a handler that sees no more of a plain request than its body. A body that claims to be JSON has to be, whatever the handler takes.
func bodyInput(input reflect.Type, contentType string, body []byte) (reflect.Value, error) {
	decodes := input != nil && input != textType && input != bytesType
	if !decodes && len(body) > 0 && isJSON(mediaType(contentType)) && !(utf8.Valid(body) && json.Valid(body)) {
		return reflect.Value{}, notJSON()
	}
	return fitInput(input, function.Event{}, body)
}

// fitInput gives the event itself, or what its body is decoded into.
func fitInput(input reflect.Type, event function.Event, body []byte) (reflect.Value, error) {
	switch input {
	case nil:
		return reflect.Value{}, nil
	case eventType:
		return reflect.ValueOf(event), nil
	case cloudEventType:
		return reflect.ValueOf(*event.CloudEvent), nil
	case mapType, anyType:
		return reflect.ValueOf(event.Map()), nil
	case textType:
		return reflect.ValueOf(textOf(body)), nil
	case bytesType:
		return reflect.ValueOf(body), nil
	}
	value := reflect.New(input)
	if len(body) == 0 {
		return value.Elem(), nil
	}
	return value.Elem(), decodeJSON(body, value.Interface())
}

// needsEvent tells whether a handler's input is more than the decoded body.
func needsEvent(input reflect.Type) bool {
	return input == eventType || input == mapType || input == anyType
}

// pathOf: an absolute-form target (`GET http://host/path`) has its path behind the authority.
func pathOf(target string) string {
	scheme, rest, absolute := strings.Cut(target, "://")
	if !absolute || strings.HasPrefix(target, "/") || strings.Contains(scheme, "/") {
		return target
	}
	if slash := strings.IndexByte(rest, '/'); slash >= 0 {
		return rest[slash:]
	}
	return "/"
}

// parseQuery takes every pair as a browser does: what is not well encoded stays as it is.
func parseQuery(text string) url.Values {
	values := url.Values{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name = decodeQuery(name)
		values[name] = append(values[name], decodeQuery(value))
	}
	return values
}

func decodeQuery(text string) string {
	return strings.ToValidUTF8(string(decodePercent(strings.ReplaceAll(text, "+", " "))), "\ufffd")
}

// decodePercent leaves a percent sign alone that begins no encoded byte.
func decodePercent(text string) []byte {
	decoded := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if high, low := hexDigit(text[i+1]), hexDigit(text[i+2]); high >= 0 && low >= 0 {
				decoded = append(decoded, byte(high<<4|low))
				i += 2
				continue
			}
		}
		decoded = append(decoded, text[i])
	}
	return decoded
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// joinHeaders gives lower-case names; net/http keeps Host and Transfer-Encoding elsewhere.
func joinHeaders(r *http.Request) map[string]string {
	headers := make(map[string]string, len(r.Header)+1)
	headers["host"] = r.Host
	for name, values := range r.Header {
		separator := ", "
		if name == "Cookie" {
			separator = "; "
		}
		headers[strings.ToLower(name)] = strings.Join(values, separator)
	}
	if len(r.TransferEncoding) > 0 {
		headers["transfer-encoding"] = strings.Join(r.TransferEncoding, ", ")
	}
	return headers
}
