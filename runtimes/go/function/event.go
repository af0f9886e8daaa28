package function

import (
	"encoding/json"
	"net/url"
)

// Event is a request as a handler of signature `event` sees it (watcher.md W6.1, W6.3).
type Event struct {
	// Type is "http", or the type of the CloudEvent.
	Type string
	// ID is the request's, or the CloudEvent's.
	ID     string
	Method string
	// Path without query, percent-encoded as received.
	Path  string
	Query url.Values
	// Headers by lower-case names; repetitions are joined by ", ", those of cookie by "; ".
	Headers map[string]string
	// Body by its content type: the value of JSON, a string for text and forms, else []byte; nil without one. With a CloudEvent it is the data.
	Body any
	// CloudEvent is nil where the request is none.
	CloudEvent *CloudEvent
}

// MarshalJSON gives the event in the form that it has in every language.
func (e Event) MarshalJSON() ([]byte, error) { return json.Marshal(e.Map()) }

// Map gives the event in the form that it has in every language.
func (e Event) Map() map[string]any {
	if e.CloudEvent != nil {
		return e.CloudEvent.Map()
	}
	query := make(map[string]any, len(e.Query))
	for name, values := range e.Query {
		if len(values) == 1 {
			query[name] = values[0]
		} else {
			query[name] = values
		}
	}
	return map[string]any{"type": e.Type, "id": e.ID, "method": e.Method, "path": e.Path, "query": query, "headers": e.Headers, "body": e.Body}
}

// CloudEvent is a CloudEvent 1.0, received or to be answered with.
type CloudEvent struct {
	ID     string
	Source string
	Type   string
	// SpecVersion is "1.0"; "" means that.
	SpecVersion     string
	Subject         string
	DataContentType string
	// Attributes are all others, extensions too, by name.
	Attributes map[string]any
	// Data as an event's body.
	Data any
}

// MarshalJSON gives the event in the form that it has in every language.
func (e CloudEvent) MarshalJSON() ([]byte, error) { return json.Marshal(e.Map()) }

// Map gives the event in the form that it has in every language: attributes at the first level.
func (e CloudEvent) Map() map[string]any {
	event := make(map[string]any, len(e.Attributes)+7)
	for name, value := range e.Attributes {
		event[name] = value
	}
	event["id"], event["source"], event["type"], event["specversion"], event["data"] = e.ID, e.Source, e.Type, e.SpecVersion, e.Data
	if e.SpecVersion == "" {
		event["specversion"] = "1.0"
	}
	if e.Subject != "" {
		event["subject"] = e.Subject
	}
	if e.DataContentType != "" {
		event["datacontenttype"] = e.DataContentType
	}
	return event
}
