package contract

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strconv"
)

// RequestID gives a request's own id where it is well-formed (`[A-Za-z0-9._:-]{1,128}`), else a new one (W5.3).
func RequestID(header string) string {
	if IsRequestID(header) {
		return header
	}
	var random [16]byte
	_, _ = rand.Read(random[:])
	return hex.EncodeToString(random[:])
}

// IsRequestID tells whether an id may be kept.
func IsRequestID(id string) bool {
	if len(id) < 1 || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == ':' || c == '-' {
			continue
		}
		return false
	}
	return true
}

// Describe sets the headers of an answer of the watcher's own (W5.2) and gives its body.
func Describe(header http.Header, err *Error, requestID string) []byte {
	body := Body(err, requestID)
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set(HeaderRequestID, requestID)
	header.Set(HeaderError, string(err.Code))
	if err.Code.Refusal() != "" {
		header.Set(HeaderNotStarted, "1")
	}
	return body
}

// Raw is the same as bytes of HTTP/1.1, for a connection on which nobody else answers any more.
func Raw(err *Error, requestID string, headOnly bool) []byte {
	header := http.Header{}
	body := Describe(header, err, requestID)
	header.Set("Connection", "close")
	text := []byte("HTTP/1.1 " + strconv.Itoa(err.Code.Status()) + " " + string(err.Code) + "\r\n")
	for name, values := range header {
		text = append(text, name+": "+values[0]+"\r\n"...)
	}
	text = append(text, "\r\n"...)
	if headOnly {
		return text
	}
	return append(text, body...)
}
