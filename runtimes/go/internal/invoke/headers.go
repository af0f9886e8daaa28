package invoke

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"fibonacci.dev/go/internal/contract"
)

var (
	headerName = regexp.MustCompile("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$")
	// Ours are the framing of the message and the id.
	reserved = map[string]bool{contract.HeaderRequestID: true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Keep-Alive": true, "Upgrade": true, "Trailer": true}
)

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

func setContentType(header http.Header, contentType string) {
	if contentType != "" {
		header["Content-Type"] = []string{contentType}
	} else {
		// net/http would guess.
		header["Content-Type"] = nil
	}
}
