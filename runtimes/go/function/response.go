package function

import "net/http"

// Response is an answer with a status and headers of its own (watcher.md W6.4).
type Response struct {
	// StatusCode from 200 to 599.
	StatusCode int
	// Headers in any case; a Content-Type here wins over that of the body.
	Headers http.Header
	// Body is what a handler may return, but for a Response and a CloudEvent; nil for none.
	Body any
}
