package invoke

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"fibonacci.dev/go/function"
	"fibonacci.dev/go/internal/contract"
)

// reply is what goes to the client. One of body and stream is set, or neither.
type reply struct {
	status int
	header http.Header
	body   []byte
	stream stream
}

// toReply makes an answer of a handler's result (W6.4).
func toReply(result any) (*reply, error) {
	switch typed := result.(type) {
	case function.Response:
		return fromStatus(typed.StatusCode, typed.Headers, typed.Body)
	case *function.Response:
		if typed != nil {
			return fromStatus(typed.StatusCode, typed.Headers, typed.Body)
		}
	case function.CloudEvent:
		return fromCloudEvent(typed.Map())
	case *function.CloudEvent:
		if typed != nil {
			return fromCloudEvent(typed.Map())
		}
	case map[string]any:
		if status, ok := typed["statusCode"]; ok {
			return fromStatusMap(status, typed["headers"], typed["body"])
		}
		if isEventMap(typed) {
			return fromCloudEvent(typed)
		}
	}
	given, contentType, err := toBody(result)
	if err != nil {
		return nil, err
	}
	given.status, given.header = http.StatusOK, http.Header{}
	if given.body == nil && given.stream == nil {
		given.status = http.StatusNoContent
	}
	setContentType(given.header, contentType)
	return given, nil
}

// toBody gives a body and its content type; nil gives neither.
func toBody(value any) (_ *reply, contentType string, _ error) {
	switch typed := value.(type) {
	case nil:
		return &reply{}, "", nil
	case string:
		return &reply{body: []byte(typed)}, "text/plain; charset=utf-8", nil
	case []byte:
		if typed == nil {
			return &reply{}, "", nil
		}
		return &reply{body: typed}, "application/octet-stream", nil
	case io.Reader:
		return &reply{stream: readerStream(typed)}, "", nil
	}
	reflected := reflect.ValueOf(value)
	switch kind := reflected.Kind(); {
	case (kind == reflect.Pointer || kind == reflect.Map || kind == reflect.Slice) && reflected.IsNil():
		return &reply{}, "", nil
	case kind == reflect.Func && reflected.IsNil():
		return &reply{}, "", nil
	case kind == reflect.Func && (reflected.Type().CanSeq() || reflected.Type().CanSeq2()):
		sequence, err := sequenceStream(reflected)
		return &reply{stream: sequence}, "", err
	}
	body, err := toJSON(value)
	return &reply{body: body}, "application/json", err
}

func toJSON(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, badResponse("%s", first)
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

func fromStatusMap(status, headers, body any) (*reply, error) {
	code, ok := integer(status)
	if !ok {
		return nil, badResponse("statusCode must be an integer from 200 to 599, not %.32q", fmt.Sprint(status))
	}
	checked := http.Header{}
	switch typed := headers.(type) {
	case nil:
	case http.Header:
		checked = typed
	case map[string]string:
		for name, value := range typed {
			checked[name] = []string{value}
		}
	case map[string]any:
		for name, value := range typed {
			texts, ok := headerTexts(value)
			if !ok {
				return nil, badResponse("the header %.64q must be a string, a number, or a list of them", name)
			}
			checked[name] = texts
		}
	default:
		return nil, badResponse("headers must be a map, not a %T", headers)
	}
	return fromStatus(code, checked, body)
}

func integer(value any) (int, bool) {
	switch reflected := reflect.ValueOf(value); {
	case !reflected.IsValid():
		return 0, false
	case reflected.CanInt():
		return int(reflected.Int()), true
	case reflected.CanUint() && reflected.Uint() < math.MaxInt32:
		return int(reflected.Uint()), true
	case reflected.CanFloat() && reflected.Float() == math.Trunc(reflected.Float()) && math.Abs(reflected.Float()) < math.MaxInt32:
		return int(reflected.Float()), true
	}
	return 0, false
}

// headerTexts gives a header's lines; nil for none.
func headerTexts(value any) ([]string, bool) {
	switch typed := value.(type) {
	case nil:
		return nil, true
	case []string:
		return typed, true
	case []any:
		texts := make([]string, len(typed))
		for i, one := range typed {
			text, ok := headerText(one)
			if !ok {
				return nil, false
			}
			texts[i] = text
		}
		return texts, true
	}
	text, ok := headerText(value)
	return []string{text}, ok
}

func headerText(value any) (string, bool) {
	reflected := reflect.ValueOf(value)
	switch {
	case !reflected.IsValid():
		return "", false
	case reflected.Kind() == reflect.String:
		return reflected.String(), true
	case reflected.CanInt(), reflected.CanUint():
		return fmt.Sprint(value), true
	case reflected.CanFloat():
		return strconv.FormatFloat(reflected.Float(), 'f', -1, 64), true
	}
	return "", false
}

func fromStatus(status int, headers http.Header, body any) (*reply, error) {
	if status < 200 || status > 599 {
		return nil, badResponse("statusCode must be an integer from 200 to 599, not %d", status)
	}
	given, contentType, err := toBody(body)
	if err != nil {
		return nil, err
	}
	given.status = status
	if given.header, err = checkHeaders(headers); err != nil {
		return nil, err
	}
	if given.header.Get("Content-Type") == "" {
		setContentType(given.header, contentType)
	}
	return given, nil
}

var (
	headerName = regexp.MustCompile("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$")
	// Ours are the framing of the message and the id.
	reserved = map[string]bool{contract.HeaderRequestID: true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Keep-Alive": true, "Upgrade": true, "Trailer": true}
)

// checkHeaders gives user code's headers as they may be sent, without what is the watcher's own (W5.2).
func checkHeaders(headers http.Header) (http.Header, error) {
	checked := make(http.Header, len(headers)+3)
	for name, values := range headers {
		if !headerName.MatchString(name) {
			return nil, badResponse("%.64q is no header name", name)
		}
		for _, value := range values {
			if !isFieldValue(value) {
				return nil, badResponse("the header %.64q must be text without control characters", name)
			}
		}
		canonical := http.CanonicalHeaderKey(name)
		if !reserved[canonical] && !strings.HasPrefix(canonical, contract.HeaderPrefix) && len(values) > 0 {
			checked[canonical] = append(checked[canonical], values...)
		}
	}
	return checked, nil
}

// isFieldValue: bytes that a field value may hold (RFC 9110, 5.5).
func isFieldValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

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

func setContentType(header http.Header, contentType string) {
	if contentType != "" {
		header["Content-Type"] = []string{contentType}
	} else {
		// net/http would guess.
		header["Content-Type"] = nil
	}
}
