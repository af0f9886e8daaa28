package invoke

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"fibonacci.dev/go/function"
	"fibonacci.dev/go/internal/contract"
)

const (
	structured = "application/cloudevents+json"
	batched    = "application/cloudevents-batch"
)

// isCloudEvent: binary, structured or batched mode (CloudEvents HTTP binding 1.0, 3.1 to 3.3).
func isCloudEvent(header http.Header, contentType string) bool {
	media := mediaType(contentType)
	return len(header["Ce-Specversion"]) > 0 || media == structured || strings.HasPrefix(media, batched)
}

// toCloudEvent gives the event with its data converted as bodies are, and the data's bytes (W6.3).
func toCloudEvent(header http.Header, contentType string, body []byte) (event *function.CloudEvent, data []byte, err error) {
	var attributes map[string]any
	var value any
	media := mediaType(contentType)
	switch {
	case strings.HasPrefix(media, batched):
		return nil, nil, badCloudEvent("batches are not taken: send one event a request")
	case media == structured:
		attributes, value, data, err = fromStructured(body)
	default:
		data = body
		attributes, value, err = fromBinary(header, contentType, body)
	}
	if err != nil {
		return nil, nil, err
	}
	if attributes["specversion"] != "1.0" {
		return nil, nil, badCloudEvent("specversion must be 1.0")
	}
	event = &function.CloudEvent{Attributes: attributes, Data: value}
	required := []struct {
		name  string
		field *string
	}{{"specversion", &event.SpecVersion}, {"id", &event.ID}, {"source", &event.Source}, {"type", &event.Type}}
	for _, one := range required {
		if *one.field, _ = attributes[one.name].(string); *one.field == "" {
			return nil, nil, badCloudEvent("the attribute " + one.name + " is missing")
		}
		delete(attributes, one.name)
	}
	for name, field := range map[string]*string{"subject": &event.Subject, "datacontenttype": &event.DataContentType} {
		if text, ok := attributes[name].(string); ok {
			*field = text
			delete(attributes, name)
		}
	}
	return event, data, nil
}

func fromBinary(header http.Header, contentType string, body []byte) (attributes map[string]any, value any, err error) {
	attributes = map[string]any{}
	for name, values := range header {
		attribute, ok := strings.CutPrefix(strings.ToLower(name), "ce-")
		// Of the last two the message itself tells.
		if !ok || !isAttribute(attribute) || attribute == "data" || attribute == "datacontenttype" {
			continue
		}
		text, ok := decodeAttribute(strings.Join(values, ", "))
		if !ok {
			return nil, nil, badCloudEvent("the attribute " + attribute + " is not UTF-8")
		}
		attributes[attribute] = text
	}
	if contentType != "" {
		attributes["datacontenttype"] = contentType
	}
	value, err = convertBody(contentType, body)
	return attributes, value, err
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
		if value != nil {
			return nil, nil, nil, badCloudEvent("it has both data and data_base64")
		}
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

// isAttribute: the names that the specification allows (1.0, Attribute Naming Convention).
func isAttribute(name string) bool {
	for i := range len(name) {
		if c := name[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
			return false
		}
	}
	return name != ""
}

var escaped = regexp.MustCompile(`\\(.)`)

// decodeAttribute gives a header's value: double quotes come off, then one round of percent-decoding (HTTP binding 3.1.3.2). False: it is no UTF-8.
func decodeAttribute(value string) (string, bool) {
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = escaped.ReplaceAllString(value[1:len(value)-1], "$1")
	}
	decoded := string(decodePercent(value))
	return decoded, utf8.ValidString(decoded)
}

func badCloudEvent(reason string) error {
	return contract.NewError(contract.BadCloudEvent, "the CloudEvent is refused: "+reason)
}
