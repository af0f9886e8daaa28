package invoke

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"

	"fibonacci.dev/go/function"
	"fibonacci.dev/go/internal/contract"
)

const structured = "application/cloudevents+json"

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
	return decodePercent(strings.ReplaceAll(text, "+", " "))
}

// decodePercent leaves a percent sign alone that begins no encoded byte.
func decodePercent(text string) string {
	if !strings.Contains(text, "%") {
		return strings.ToValidUTF8(text, "\ufffd")
	}
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
	return strings.ToValidUTF8(string(decoded), "\ufffd")
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

// isCloudEvent: binary or structured mode (CloudEvents HTTP binding 1.0, 3.1 and 3.2).
func isCloudEvent(header http.Header, contentType string) bool {
	return len(header["Ce-Specversion"]) > 0 || mediaType(contentType) == structured
}

// toCloudEvent gives the event with its data converted as bodies are, and the data's bytes.
func toCloudEvent(header http.Header, contentType string, body []byte) (event *function.CloudEvent, data []byte, err error) {
	attributes := map[string]any{}
	var value any
	if mediaType(contentType) == structured {
		if attributes, value, data, err = fromStructured(body); err != nil {
			return nil, nil, err
		}
	} else {
		for name, values := range header {
			if attribute, ok := strings.CutPrefix(name, "Ce-"); ok {
				attributes[strings.ToLower(attribute)] = decodePercent(strings.Join(values, ", "))
			}
		}
		if contentType != "" {
			attributes["datacontenttype"] = contentType
		}
		if value, err = convertBody(contentType, body); err != nil {
			return nil, nil, err
		}
		data = body
	}
	if attributes["specversion"] != "1.0" {
		return nil, nil, badCloudEvent("specversion must be 1.0")
	}
	event = &function.CloudEvent{Attributes: attributes, Data: value}
	for name, field := range map[string]*string{"id": &event.ID, "source": &event.Source, "type": &event.Type, "specversion": &event.SpecVersion} {
		if *field, _ = attributes[name].(string); *field == "" {
			return nil, nil, badCloudEvent("the attribute " + name + " is missing")
		}
		delete(attributes, name)
	}
	for name, field := range map[string]*string{"subject": &event.Subject, "datacontenttype": &event.DataContentType} {
		if text, ok := attributes[name].(string); ok {
			*field = text
			delete(attributes, name)
		}
	}
	return event, data, nil
}

func fromStructured(body []byte) (attributes map[string]any, value any, data []byte, err error) {
	if err := decodeJSON(body, new(any)); err != nil {
		return nil, nil, nil, err
	}
	if json.Unmarshal(body, &attributes) != nil || attributes == nil {
		return nil, nil, nil, badCloudEvent("the body is not a JSON object")
	}
	value = attributes["data"]
	if encoded, ok := attributes["data_base64"]; ok {
		text, isText := encoded.(string)
		if data, err = base64.StdEncoding.DecodeString(text); err != nil || !isText {
			return nil, nil, nil, badCloudEvent("data_base64 is not base64")
		}
		value = data
	} else if value != nil {
		data, _ = json.Marshal(value)
	}
	delete(attributes, "data")
	delete(attributes, "data_base64")
	return attributes, value, data, nil
}

func badCloudEvent(reason string) error {
	return contract.NewError(contract.BadCloudEvent, "the CloudEvent is refused: "+reason)
}
