package invoke

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"strings"

	"fibonacci.dev/go/function"
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
