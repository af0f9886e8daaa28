package invoke

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

func isEventMap(event map[string]any) bool {
	for _, name := range []string{"specversion", "id", "source", "type"} {
		if _, ok := event[name].(string); !ok {
			return false
		}
	}
	return true
}

// fromCloudEvent answers in binary mode: attributes are `ce-` headers, the data is the body.
func fromCloudEvent(event map[string]any) (*reply, error) {
	header := http.Header{}
	for name, value := range event {
		if name == "data" || name == "datacontenttype" || value == nil {
			continue
		}
		kind := reflect.ValueOf(value).Kind()
		scalar := kind == reflect.String || kind >= reflect.Bool && kind <= reflect.Float64
		if !isAttribute(name) || !scalar {
			return nil, badResponse("%.64q is no CloudEvents attribute", name)
		}
		header.Set("Ce-"+name, encodeAttribute(fmt.Sprint(value)))
	}
	declared, _ := event["datacontenttype"].(string)
	if !isFieldValue(declared) {
		return nil, badResponse("datacontenttype must be text without control characters")
	}
	data := event["data"]
	if data != nil && isJSON(mediaType(declared)) {
		body, err := toJSON(data)
		setContentType(header, declared)
		return &reply{status: http.StatusOK, header: header, body: body}, err
	}
	given, contentType, err := toBody(data)
	if err != nil {
		return nil, err
	}
	if declared != "" {
		contentType = declared
	}
	setContentType(header, contentType)
	given.status, given.header = http.StatusOK, header
	if given.body == nil && given.stream == nil {
		given.status = http.StatusNoContent
	}
	return given, nil
}

// encodeAttribute percent-encodes what is not plain ASCII, space, double quote and percent (HTTP binding 3.1.3.2).
func encodeAttribute(value string) string {
	var encoded strings.Builder
	for _, c := range []byte(strings.ToValidUTF8(value, "\ufffd")) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '%' {
			fmt.Fprintf(&encoded, "%%%02X", c)
		} else {
			encoded.WriteByte(c)
		}
	}
	return encoded.String()
}
